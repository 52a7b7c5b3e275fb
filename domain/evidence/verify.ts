import { chain } from '../audit.ts';
import { checkpointState } from '../audit/checkpoint.ts';
import { isCheckpoint } from '../audit/export-file.ts';
import type { CheckSignature, PublicKeyText } from '../audit/signature.ts';
import type { Json } from '../canonical-json.ts';
import { digestOfJson } from '../digest.ts';
import { isLastmileError } from '../errors.ts';
import { BUNDLE_TYPE, bundleText, partNames, rootOf, sealText, type Bundle, type BundleParts, type PartName } from './bundle.ts';
import { blocksSeen } from './judged-blocks.ts';
import { fromPlain, toPlain } from './plain-json.ts';
import { planHashOf } from '../analysis/judge.ts';
import { rejudge, type Rejudged } from './rejudge.ts';

/** One thing wrong with a bundle; `where` names the part or member. */
export interface BundleProblem { readonly where: string; readonly problem: string }

export interface BundleCheck {
  readonly problems: readonly BundleProblem[];
  /** Null where the bundle cannot be read so far. */
  readonly about: Bundle['about'] | null;
  readonly parts: BundleParts | null;
  /** Null where the judge was not asked: only what is whole is judged. */
  readonly rejudged: Rejudged | null;
  readonly root: string | null;
  /** The key that the bundle says it is sealed with: worth as much as the reason to trust it. */
  readonly keyId: string | null;
}

/**
 * All that can be told of a bundle without a server and without a secret: every byte, every hash, the seal, what the parts say of each other, and the
 * judge asked again. Takes any text and throws nothing. `checkFor` makes a check from the key in the seal, or from keys that the caller trusts instead.
 */
export function verifyBundle(text: string, checkFor: (own: PublicKeyText) => CheckSignature): BundleCheck {
  const bundle = readBundle(text);
  if (bundle === null) return { problems: [{ where: 'file', problem: `is not an evidence bundle of ${BUNDLE_TYPE}` }], about: null, parts: null, rejudged: null, root: null, keyId: null };
  const check = checkFor(bundle.seal);
  const outside = [...(bundleText(bundle) === text ? [] : [{ where: 'file', problem: 'is not in its canonical form: a byte was changed, or a program has written it anew' }]), ...sealProblems(bundle, check)];
  const parts = Object.fromEntries(partNames(bundle.parts).map((name) => [name, fromPlain(bundle.parts[name]?.value ?? null)])) as unknown as BundleParts;
  const inside: readonly BundleProblem[] | BundleProblem = guarded<readonly BundleProblem[]>(() => [...aboutProblems(bundle, parts), ...nameProblems(parts), ...heldProblems(parts), ...auditProblems(parts, check)]);
  // What is not what was sealed is not judged: a changed plan may ask for any amount of work.
  const rejudged = outside.length > 0 ? null : guarded(() => rejudge(parts));
  const problems = [...outside, ...('where' in inside ? [inside] : inside), ...(rejudged === null ? [] : rejudgedProblems(rejudged))];
  return { problems, about: bundle.about, parts, rejudged: rejudged !== null && 'state' in rejudged ? rejudged : null, root: bundle.root, keyId: bundle.seal.keyId };
}

/** Parts whose inside is not what it should be must not end a verification. */
function guarded<T>(look: () => T): T | BundleProblem {
  try {
    return look();
  } catch (error) {
    return { where: 'parts', problem: `cannot be read: ${isLastmileError(error) || error instanceof Error ? error.message : String(error)}` };
  }
}

function readBundle(text: string): Bundle | null {
  let value: unknown;
  try { value = JSON.parse(text); } catch { return null; }
  if (!isObject(value) || value.type !== BUNDLE_TYPE || typeof value.root !== 'string' || !isObject(value.about) || !isObject(value.parts) || !isObject(value.seal)) return null;
  const { parts, seal } = value;
  const whole = partNames(parts).every((name) => { const part = parts[name]; return isObject(part) && typeof part.sha256 === 'string' && 'value' in part; });
  return whole && [seal.keyId, seal.publicKey, seal.signature].every((each) => typeof each === 'string') ? value as unknown as Bundle : null;
}

function sealProblems({ about, parts, root, seal, ...rest }: Bundle, check: CheckSignature): readonly BundleProblem[] {
  const names = Object.keys(parts);
  const known = partNames(parts);
  const changed = known.filter((name) => digestOfJson(parts[name]?.value ?? null) !== parts[name]?.sha256);
  const hashes = Object.fromEntries(names.map((name) => [name, parts[name as PartName]?.sha256 ?? '']));
  const state = check(sealText(root, seal.keyId), seal.signature, seal.keyId);
  return [
    ...[...names.filter((name) => !known.includes(name as PartName)), ...Object.keys(rest).filter((name) => name !== 'type'), ...odd(seal, ['keyId', 'publicKey', 'signature'])].map((name) => ({ where: name, problem: 'does not belong in a bundle' })),
    ...changed.map((name) => ({ where: name, problem: 'was changed: its SHA-256 is not that of its content' })),
    ...(rootOf(about, hashes) === root ? [] : [{ where: 'root', problem: 'is not the hash over what the bundle is about and its parts: one of their hashes, or `about`, was changed' }]),
    ...(state === 'good' ? [] : [{ where: 'seal', problem: state === 'bad' ? 'the signature does not hold: root or signature were changed after sealing' : `key ${seal.keyId} is not among the keys to trust, or its id is not that of its bytes` }]),
  ];
}

function odd(value: object, known: readonly string[]): readonly string[] { return Object.keys(value).filter((name) => !known.includes(name)); }

/** What `about` says must be what the parts say. */
function aboutProblems({ about }: Bundle, { verdict, rollout, spec, contract, plan, blocks }: BundleParts): readonly BundleProblem[] {
  const said: readonly (readonly [string, unknown, unknown])[] = [
    ['tenantId', about.tenantId, verdict.tenantId], ['tenantId', about.tenantId, rollout.tenantId], ['deploymentUid', about.deploymentUid, rollout.deploymentUid], ['deployment', about.deployment, spec.metadata.name],
    ['rollout', about.rollout, rollout.n], ['verdict', about.verdict, verdict.n], ['judgeVersion', about.judgeVersion, verdict.judgeVersion], ['rollout', rollout.rolloutId, verdict.rolloutId],
    ['spec', rollout.specHash, digestOfJson(toPlain(spec))], ['plan', verdict.planHash, plan === null ? null : planHashOf(plan)], ['plan', plan?.specHash ?? rollout.specHash, rollout.specHash],
    ['contract', plan?.contractHash ?? null, plan === null || contract === null ? null : digestOfJson(toPlain(contract))],
    ['blocks', blocks.length, blocksSeen(verdict, blocks).length],
  ];
  return said.filter(([, a, b]) => a !== b).map(([where, a, b]) => ({ where, problem: `one place says ${String(a)}, another ${String(b)}` }));
}

function heldProblems({ approvals, kills }: BundleParts): readonly BundleProblem[] {
  const changed = (where: string, held: BundleParts['kills']): readonly BundleProblem[] => held.filter(({ sha256, document }) => digestOfJson(toPlain(document)) !== sha256).map(({ id }) => ({ where, problem: `${id} is not the document that its SHA-256 names` }));
  return [...changed('approvals', approvals), ...changed('kills', kills)];
}

function nameProblems({ rollout, variants, workflow }: BundleParts): readonly BundleProblem[] {
  const missing = [rollout.champion, rollout.challenger].filter((each) => each !== null).filter((each) => !variants.some(({ variantId, artifactDigest }) => variantId === each.variantId && artifactDigest === each.artifactDigest));
  return [
    ...missing.map(({ variantId }) => ({ where: 'variants', problem: `has no ${variantId} with the digest that the rollout names` })),
    ...(workflow.workflowId === rollout.workflowId ? [] : [{ where: 'workflow', problem: 'is not the workflow of the rollout' }]),
  ];
}

function auditProblems({ audit, routeChanges, checkpoint }: BundleParts, check: CheckSignature): readonly BundleProblem[] {
  return [
    ...([['audit', audit], ['routeChanges', routeChanges]] as const).flatMap(([where, records]) => records.flatMap((record, i) => {
      const { tenantId, seq, prevHash, hash, ...entry } = record;
      const whole = chain(tenantId, entry, { seq: seq - 1, hash: prevHash }).hash === hash;
      return [...(whole ? [] : [{ where, problem: `record ${seq} was changed` }]), ...(seq > (records[i - 1]?.seq ?? 0) ? [] : [{ where, problem: `record ${seq} is out of order` }])];
    })),
    ...(checkpoint === null || (isCheckpoint(checkpoint) && checkpointState(checkpoint, check) === 'good') ? [] : [{ where: 'checkpoint', problem: 'has a signature that does not hold' }]),
  ];
}

function rejudgedProblems(rejudged: Rejudged | BundleProblem): readonly BundleProblem[] {
  if ('where' in rejudged) return [{ where: 'verdict', problem: `the judge cannot be asked again: ${rejudged.problem}` }];
  if (rejudged.state !== 'differs') return [];
  return [{ where: 'verdict', problem: `the judge, asked again on the blocks of the bundle, says ${rejudged.kind} and differs in ${rejudged.members.join(', ')}` }];
}

function isObject(value: unknown): value is Readonly<Record<string, Json>> { return typeof value === 'object' && value !== null && !Array.isArray(value); }

/** Records of a bundle that are not the ones of a whole chain at their places. */
export function offChain({ audit, routeChanges }: Pick<BundleParts, 'audit' | 'routeChanges'>, records: readonly { readonly seq: number; readonly hash: string }[]): readonly BundleProblem[] {
  const hashes = new Map(records.map(({ seq, hash }) => [seq, hash]));
  return ([['audit', audit], ['routeChanges', routeChanges]] as const).flatMap(([where, own]) => own.filter(({ seq, hash }) => hashes.get(seq) !== hash).map(({ seq }) => ({ where, problem: `record ${seq} is not the one of the chain` })));
}

