import type { MicroBlock } from '../analysis/blocks.ts';
import type { AnalysisPlan } from '../analysis/plan.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { Measurement } from '../external/measurement.ts';
import type { AuditRecord } from '../audit.ts';
import type { Checkpoint } from '../audit/checkpoint.ts';
import type { PublicKeyText } from '../audit/signature.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import type { Contract } from '../contract.ts';
import type { DeploymentSpec } from '../deployment.ts';
import { digestOfJson, type Digest } from '../digest.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import type { Variant } from '../variant.ts';
import { toPlain } from './plain-json.ts';

export const BUNDLE_TYPE = 'lastmile/evidence/v1';

/** A document that another part of lastmile will keep: named and fixed by its hash, its inside not looked at here. */
export interface HeldDocument { readonly id: string; readonly sha256: string; readonly document: unknown }

export function heldDocument(id: string, document: unknown): HeldDocument {
  const plain = toPlain(document);
  return { id, sha256: digestOfJson(plain), document: plain };
}

/** Everything behind one verdict. */
export interface BundleParts {
  /** The verdict with its findings: what the gates said. */
  readonly verdict: Verdict;
  /** The plan that the verdict names; null where it rests on none. */
  readonly plan: AnalysisPlan | null;
  readonly spec: DeploymentSpec;
  readonly contract: Contract | null;
  /** The sealed blocks that the judge was handed. */
  readonly blocks: readonly MicroBlock[];
  /** What was measured of external metrics up to the verdict, by metric and slot; absent where the plan names none. */
  readonly measurements?: readonly Measurement[];
  readonly rollout: RolloutRecord;
  readonly variants: readonly Variant[];
  /** Audit records of the rollout in the order of the chain: first those of its route, then all others. */
  readonly routeChanges: readonly AuditRecord[];
  readonly audit: readonly AuditRecord[];
  /** The newest checkpoint at or behind the newest of these records; null where none was taken yet. */
  readonly checkpoint: Checkpoint | null;
  readonly approvals: readonly HeldDocument[];
  readonly kills: readonly HeldDocument[];
  readonly workflow: { readonly workflowId: string; readonly runId: string | null; readonly link: string | null };
}
export const PART_NAMES = ['verdict', 'plan', 'spec', 'contract', 'blocks', 'rollout', 'variants', 'routeChanges', 'audit', 'checkpoint', 'approvals', 'kills', 'workflow'] as const satisfies readonly (keyof BundleParts)[];
/** Those that not every bundle has. */
export const OPTIONAL_PARTS = ['measurements'] as const satisfies readonly (keyof BundleParts)[];
export type PartName = (typeof PART_NAMES)[number] | (typeof OPTIONAL_PARTS)[number];

/** The parts that a bundle has, in order. */
export function partNames(parts: object): readonly PartName[] { return [...PART_NAMES, ...OPTIONAL_PARTS.filter((name) => Object.hasOwn(parts, name))]; }

/** What the bundle is about; in the root hash. */
export interface BundleAbout {
  readonly tenantId: string;
  readonly deployment: string;
  readonly deploymentUid: string;
  readonly rollout: number;
  readonly verdict: number;
  readonly judgeVersion: string;
  readonly exportedAtMs: number;
}

export interface BundlePart { readonly sha256: Digest; readonly value: Json }

export interface Bundle {
  readonly type: typeof BUNDLE_TYPE;
  readonly about: BundleAbout;
  /** Each part with its SHA-256 over RFC 8785 JSON. */
  readonly parts: Readonly<Record<(typeof PART_NAMES)[number], BundlePart>> & Readonly<Partial<Record<(typeof OPTIONAL_PARTS)[number], BundlePart>>>;
  /** SHA-256 over type, about and the hashes of the parts. */
  readonly root: Digest;
  readonly seal: PublicKeyText & { readonly signature: string };
}

export function rootOf(about: BundleAbout, hashes: Readonly<Record<string, string>>): Digest {
  return digestOfJson({ type: BUNDLE_TYPE, about: { ...about }, parts: { ...hashes } });
}

/** The exact text that is signed. */
export function sealText(root: string, keyId: string): string { return canonicalJson({ type: 'lastmile/evidence-seal/v1', root, keyId }); }

/** Puts the parts together under one root. `sign` is the edge's: the domain holds no key. */
export function sealBundle(about: BundleAbout, parts: BundleParts, key: PublicKeyText, sign: (text: string) => string): Bundle {
  const sealed = Object.fromEntries(partNames(parts).map((name) => {
    const value = toPlain(parts[name]);
    return [name, { sha256: digestOfJson(value), value }];
  })) as Bundle['parts'];
  const root = rootOf(about, Object.fromEntries(Object.entries(sealed).map(([name, { sha256 }]) => [name, sha256])));
  return { type: BUNDLE_TYPE, about, parts: sealed, root, seal: { ...key, signature: sign(sealText(root, key.keyId)) } };
}

/** The one text of a bundle: what is written to a file and what is verified, to the byte. */
export function bundleText(bundle: unknown): string { return `${canonicalJson(bundle as Json)}\n`; }
