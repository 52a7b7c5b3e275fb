import { z } from 'zod';
import { LastmileError } from '../domain/errors.ts';
import { DROP_REASONS, LEG_ERRORS, LEG_ROLES, RECORD_VERSION, type RecordBatch } from '../domain/record.ts';
import { Refusal } from './problem.ts';

const text = z.string().min(1).max(500);
const utcMs = z.number().int();
const count = z.number().int().min(0);
const per10k = z.number().int().min(0).max(10_000);

/** Members that a newer minor form adds are left out; they change the meaning of none that is here. */
const Leg = z.object({
  v: z.number().int(), tenantId: text, deploymentUid: text, inferenceId: text, alias: text.nullable(), variantId: text, role: z.enum(LEG_ROLES), revision: count,
  rolloutId: text.nullable(), atMs: utcMs, eventMs: utcMs.nullable(), status: count, error: z.enum(LEG_ERRORS).nullable(), latencyMs: z.number().min(0), assignmentPer10k: per10k,
  leaseLost: z.boolean(), response: z.string().nullable(), unscored: z.enum(['too-large', 'binary', 'encoded']).nullable(), request: z.string().nullable(),
});
const Drop = z.object({ tenantId: text, deploymentUid: text, variantId: text, reason: z.enum(DROP_REASONS), count });
const Batch = z.object({ v: z.number().int(), gatewayId: text, incarnation: count, seq: count, completeToMs: utcMs, records: z.array(Leg), drops: z.array(Drop) });

const SHOWN = 5;

/**
 * A gateway's batch in today's form. LM_INVALID_REQUEST for anything else, with the first places that are wrong. A batch of a newer form is refused
 * with status 501, which a gateway keeps and sends again: upgrade collectors before gateways.
 */
export function parseBatch(body: string): RecordBatch {
  const value = parseJson(body);
  const version = versionOf(value);
  if (version > RECORD_VERSION) throw new Refusal(501, `The batch has version ${version}, this collector knows up to ${RECORD_VERSION}; upgrade the collectors before the gateways.`);
  if (version < RECORD_VERSION - 1) throw new LastmileError('LM_INVALID_REQUEST', `The batch has version ${version}, this collector takes ${RECORD_VERSION - 1} and ${RECORD_VERSION}; upgrade the gateway.`);
  const parsed = Batch.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, SHOWN).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new LastmileError('LM_INVALID_REQUEST', `This is not a batch of records: ${problems.join('; ')}.`, { details: { problems } });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new LastmileError('LM_INVALID_REQUEST', 'The body is not JSON.', { cause: error });
  }
}

/** The version before this one differed in nothing that is read here, so both are parsed alike. */
function versionOf(value: unknown): number {
  if (typeof value === 'object' && value !== null && 'v' in value && Number.isInteger(value.v)) return Number(value.v);
  throw new LastmileError('LM_INVALID_REQUEST', 'The batch says no version; write v as an integer.');
}
