import { z } from 'zod';
import type { Json } from '../../domain/canonical-json.ts';
import type * as checkpoint from '../../domain/audit/checkpoint.ts';
import type * as signature from '../../domain/audit/signature.ts';
import type * as decided from '../../domain/case/decided.ts';
import { BUNDLE_TYPE, PART_NAMES } from '../../domain/evidence/bundle.ts';
import type * as bundle from '../../domain/evidence/bundle.ts';
import { VerdictSummary } from './analysis.ts';
import { Actor } from './rollout.ts';
import { STORED_LEG } from './traffic.ts';
import { count, exactly, named, part, text, time } from './shape.ts';

/** What an auditor reads as JSON: cases, checkpoints, sealed evidence; the domain types say what each field means. */

const digest = z.templateLiteral(['sha256:', text]);

export const Checkpoint = exactly<checkpoint.Checkpoint>()(named('Checkpoint', { tenantId: text, seq: count, hash: digest, atMs: time, keyId: text, signature: text }));
export const PublicKeyText = exactly<signature.PublicKeyText>()(named('PublicKey', { keyId: text, publicKey: text }));

export const Reign = exactly<decided.Reign>()(named('Reign', {
  variantId: text, model: text.nullable(), sinceMs: time, revision: count.nullable(), auditSeq: count.nullable(), rollout: count.nullable(), verdict: VerdictSummary.nullable(), by: Actor, reason: text.nullable(),
}));
export const SharedTraffic = exactly<decided.SharedTraffic>()(named('SharedTraffic', { variantId: text, version: text, sharePer10k: count, rollout: count, revision: count }));
/** One version's answer to it; the model behind the variant, where that is known. */
export const CaseLeg = named('CaseLeg', { ...STORED_LEG, model: text.nullable(), artifactDigest: text.nullable() });

/** Any JSON; the parts are opened by domain/evidence/verify.ts. */
const value: z.ZodType<Json> = z.json();
const Part = part({ sha256: digest, value });
export const EvidenceBundle = exactly<bundle.Bundle>()(named('EvidenceBundle', {
  type: z.literal(BUNDLE_TYPE), root: digest, seal: part({ keyId: text, publicKey: text, signature: text }), parts: z.record(z.enum(PART_NAMES), Part),
  about: part({ tenantId: text, deployment: text, deploymentUid: text, rollout: count, verdict: count, judgeVersion: text, exportedAtMs: time }),
}));
