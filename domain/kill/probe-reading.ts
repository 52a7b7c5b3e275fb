import type { VariantId } from '../ids.ts';
import type { Probe } from './kill.ts';

/** What came back of one question; `status` 0: nothing did. `code`: the gateway's own word on a refusal (x-lastmile-error). */
export interface ProbeAnswer { readonly status: number; readonly variantId: VariantId | null; readonly code: string | null; readonly fingerprint: string | null; readonly note: string | null }

/** Who is killed, and by what each version's answer is known; a version without an entry has no fixed answer. */
export interface Suspects { readonly isKilled: (id: VariantId) => boolean; readonly fingerprints: ReadonlyMap<VariantId, string> }

/**
 * What an answer on the real route proves. A killed version is recognised by its name, and by its outputs where another name stands over them
 * that has other outputs. A refusal is clear only when the gateway says that it is one; what is neither has no answer.
 */
export function readProbe(kind: Probe['kind'], answer: ProbeAnswer, suspects: Suspects): Pick<Probe, 'result' | 'note'> {
  const { status, variantId, fingerprint } = answer;
  if (status === 0) return { result: 'no-answer', note: answer.note };
  if (variantId !== null && suspects.isKilled(variantId)) return { result: 'killed-answered', note: `${variantId} answered, status ${status}` };
  const disguised = disguisedAs(variantId, fingerprint, suspects);
  if (disguised !== null) return { result: 'killed-answered', note: `the answer calls itself ${variantId ?? 'nothing'} and is that of ${disguised}` };
  if (variantId !== null) return { result: 'clear', note: null };
  return refuses(kind, answer) ? { result: 'clear', note: null } : { result: 'no-answer', note: answer.note ?? `status ${status}${answer.code === null ? '' : ` ${answer.code}`} tells nothing of who answers` };
}

/** The killed version whose outputs these are, while the version that they are said to be from has others. */
function disguisedAs(claimed: VariantId | null, fingerprint: string | null, { isKilled, fingerprints }: Suspects): VariantId | null {
  if (fingerprint === null) return null;
  const own = claimed === null ? undefined : fingerprints.get(claimed);
  if (own === fingerprint || (claimed !== null && own === undefined)) return null;
  return [...fingerprints].find(([id, known]) => known === fingerprint && isKilled(id))?.[0] ?? null;
}

/** 410: taken off. 503 in the gateway's own name: closed. A version asked for by name may also be unknown, or out of reach for callers. */
function refuses(kind: Probe['kind'], { status, code }: ProbeAnswer): boolean {
  if (status === 410) return true;
  if (status === 503) return code === 'LM_GATEWAY_UNAVAILABLE';
  return kind === 'by-version' && (status === 403 || status === 404) && code !== 'LM_DEPLOYMENT_NOT_FOUND';
}
