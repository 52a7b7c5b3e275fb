import { setTimeout as delay } from 'node:timers/promises';
import type { KillView } from '../api/contract.ts';
import { isLastmileError, LastmileError, type Code } from '../domain/errors.ts';
import type { KillScope, KillState } from '../domain/kill/kill.ts';
import type { InFlight } from '../domain/traffic/route.ts';
import type { Client } from './client.ts';

/** `revived`: of a drill, which ends by itself. */
export type Wait = 'fenced' | 'silent' | 'proved' | 'revived';
/** How far to wait, and for how long; the signal ends the waiting, not the kill. */
export interface Waiting { readonly wait: Wait; readonly forMs: number; readonly signal: AbortSignal }
export interface KillOrdered extends Waiting {
  readonly name: string;
  readonly body: { readonly scope: KillScope; readonly inFlight: InFlight; readonly reason: string | null };
  readonly idempotencyKey?: string;
}

/** An API that does not answer within this is taken for away: at such a moment seconds count. */
const API_LIMIT_MS = 4_000;
const POLL_MS = 250;

/** Orders a kill and follows it. Throws what the API answers to the order; see isOut. */
export async function orderKill(client: Client, { name, body, idempotencyKey, ...waiting }: KillOrdered): Promise<KillView> {
  const view = await withinLimit((signal) => client.call('kill', { params: { name }, body, signal, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }));
  return followKill(client, view, waiting);
}

/** Follows a kill's record as far as is asked, or as far as the time allows: its state says which. */
export async function followKill(client: Client, first: KillView, { wait, forMs, signal: ended }: Waiting): Promise<KillView> {
  let view = first;
  const untilMs = Date.now() + forMs;
  while (!hasReached(view.kill.state, wait) && Date.now() < untilMs && !ended.aborted) {
    await delay(POLL_MS);
    view = await withinLimit((signal) => client.call('getKill', { params: { id: view.kill.killId }, signal })).catch((error: unknown) => { if (isOut(error)) return view; throw error; });
  }
  return view;
}

const ORDER: Readonly<Record<KillState, number>> = { fencing: 0, unconfirmed: 0, fenced: 1, silent: 2, proved: 3, revived: 4 };
export function hasReached(state: KillState, wanted: Wait): boolean { return ORDER[state] >= ORDER[wanted]; }

/** The API cannot do it now; whatever else went wrong is an answer. */
const OUT: readonly Code[] = ['LM_API_UNAVAILABLE', 'LM_STORE_UNAVAILABLE', 'LM_TIMEOUT', 'LM_INVARIANT'];
export function isOut(error: unknown): error is LastmileError { return isLastmileError(error) && OUT.includes(error.code); }

export async function withinLimit<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = AbortSignal.timeout(API_LIMIT_MS);
  try { return await call(limit); } catch (error) {
    if (limit.aborted) throw new LastmileError('LM_TIMEOUT', `The API did not answer within ${API_LIMIT_MS / 1_000} s.`, { cause: error });
    throw error;
  }
}
