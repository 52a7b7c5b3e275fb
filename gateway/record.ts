import type { IncomingHttpHeaders } from 'node:http';
import type { VariantId } from '../domain/ids.ts';
import { RECORD_VERSION, type LegRecord, type LegRole } from '../domain/record.ts';
import type { Answer } from './forward.ts';

/** What all legs of one inference have in common. */
export type InferenceFacts = Pick<LegRecord, 'tenantId' | 'deploymentUid' | 'inferenceId' | 'alias' | 'revision' | 'rolloutId' | 'atMs' | 'eventMs' | 'leaseLost'>;
export interface Leg { readonly variantId: VariantId; readonly role: LegRole; readonly assignmentPer10k: number; readonly answer: Answer; readonly request: string | null }

/** The raw answer as a record; its meaning is the collector's (decision D5). */
export function legRecord(facts: InferenceFacts, { variantId, role, assignmentPer10k, answer, request }: Leg, textBytes: number): LegRecord {
  const common = { ...facts, v: RECORD_VERSION, variantId, role, assignmentPer10k, latencyMs: Math.round(answer.latencyMs * 1_000) / 1_000, request };
  if (!answer.ok) return { ...common, status: 0, error: answer.error, response: null, unscored: null };
  const unscored = whyUnscored(answer.headers, answer.body, textBytes);
  return { ...common, status: answer.status, error: isSuccess(answer.status) ? null : 'status', response: unscored === null ? answer.body.toString() : null, unscored };
}

export function isSuccess(status: number): boolean { return status >= 200 && status < 300; }

/** The request as text where inputs are recorded; null when it is no plain JSON or over the cap. */
export function requestText(headers: IncomingHttpHeaders, body: Buffer, textBytes: number): string | null {
  return whyUnscored(headers, body, textBytes) === null ? body.toString() : null;
}

function whyUnscored(headers: IncomingHttpHeaders, body: Buffer, textBytes: number): LegRecord['unscored'] {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') return 'encoded';
  if (headers['inference-header-content-length'] !== undefined || headers['content-type']?.startsWith('application/octet-stream') === true) return 'binary';
  return body.length > textBytes ? 'too-large' : null;
}
