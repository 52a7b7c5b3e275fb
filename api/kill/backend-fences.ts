import { describeError } from '../../config/log.ts';
import { LastmileError } from '../../domain/errors.ts';
import { UNKNOWN_BACKEND } from '../../domain/kill/order.ts';
import type { BackendFence, KilledVariant, KillRecord } from '../../domain/kill/kill.ts';
import { DRAIN_MS, isSilent } from '../../domain/kill/progress.ts';
import type { BackendKill } from '../../ports/serving-backend.ts';
import { backoff } from './backoff.ts';
import type { KillPorts } from './kill-ports.ts';
import { within } from './soon.ts';

/** A gateway that does not obey is not waited for longer: the backend ends the variant under it. */
const GATEWAYS_FIRST_MS = 1_000;
const ANSWER_MS = 5_000;
const RETRY_MS = { first: 500, most: 30_000 } as const;

/** The backend fence of every kill that this process drives: asks each backend until the variant is gone, and counts again when told to. */
export interface BackendFences {
  /** What is known now: the record's word, or the newer one of this process. */
  of(record: KillRecord): readonly BackendFence[];
  /** Asks the backends that are due, without waiting for them; their answers come as another look. */
  attend(record: KillRecord): void;
  /** Asks those that have ended the variant again: `requestsAfter` is then what came since the last time. */
  recount(record: KillRecord): Promise<readonly BackendFence[]>;
  forget(record: KillRecord): void;
}

interface Asked { fence: BackendFence; running: boolean; failures: number; nextAtMs: number; /** Requests after the end at the last count; null: not counted by this process. */ counted: number | null }

export function createBackendFences(ports: Pick<KillPorts, 'backends' | 'clock' | 'log'>, answered: (kill: KillRecord) => void): BackendFences {
  const all = new Map<string, Asked>();
  const fenceOf = (record: KillRecord, variant: KilledVariant): BackendFence => {
    const stored = record.backends.find(({ variantId }) => variantId === variant.variantId) ?? waiting(variant);
    const mine = all.get(keyOf(record, variant))?.fence;
    return mine === undefined || (isDone(stored) && !isDone(mine)) ? stored : mine;
  };
  const askedOf = (record: KillRecord, variant: KilledVariant): Asked => {
    const key = keyOf(record, variant);
    const asked = all.get(key) ?? { fence: fenceOf(record, variant), running: false, failures: 0, nextAtMs: 0, counted: null };
    all.set(key, asked);
    return asked;
  };
  const ask = async (record: KillRecord, variant: KilledVariant, asked: Asked): Promise<void> => {
    asked.running = true;
    try {
      const { state, requests, requestsAfter } = await killed(ports, variant);
      asked.counted = requestsAfter;
      asked.fence = { ...asked.fence, state, requests, requestsAfter, atMs: ports.clock(), note: null };
    } catch (error) {
      asked.failures += 1;
      asked.nextAtMs = ports.clock() + backoff(RETRY_MS, asked.failures);
      asked.fence = { ...asked.fence, state: 'failed', note: describeError(error).slice(0, 300) };
      ports.log.warn('a backend has not ended a killed variant', { killId: record.killId, variantId: variant.variantId, error });
    }
    asked.running = false;
    answered(record);
  };
  return {
    of: (record) => record.variants.map((variant) => fenceOf(record, variant)),
    attend(record) {
      if (!isDue(record, ports.clock())) return;
      for (const variant of record.variants) {
        const asked = askedOf(record, variant);
        if (isDone(fenceOf(record, variant)) || asked.running || ports.clock() < asked.nextAtMs) continue;
        ask(record, variant, asked).catch(() => undefined);
      }
    },
    async recount(record) {
      return Promise.all(record.variants.map(async (variant) => {
        const fence = fenceOf(record, variant);
        if (fence.state !== 'gone') return fence;
        const asked = askedOf(record, variant);
        asked.fence = await counted(ports, variant, { ...asked, fence });
        asked.counted = asked.fence.requestsAfter === null ? asked.counted : (asked.counted ?? 0) + asked.fence.requestsAfter;
        return asked.fence;
      }));
    },
    forget(record) { for (const variant of record.variants) all.delete(keyOf(record, variant)); },
  };
}

/**
 * Requests since the last count: those that came while a gateway did not obey yet are told in the note and are no sign of a path past the gateways.
 * A process that counts for the first time takes all of them.
 */
async function counted(ports: Pick<KillPorts, 'backends'>, variant: KilledVariant, { fence, counted: before }: Pick<Asked, 'fence' | 'counted'>): Promise<BackendFence> {
  try {
    const { requests, requestsAfter } = await killed(ports, variant);
    if (requestsAfter === null) return { ...fence, requests, requestsAfter: null };
    const since = Math.max(0, requestsAfter - (before ?? 0));
    return { ...fence, requests, requestsAfter: since, note: requestsAfter === 0 ? null : `${requestsAfter} requests came for it after its end, ${since} of them since the last count` };
  } catch (error) {
    return { ...fence, requestsAfter: null, note: `could not be counted again: ${describeError(error).slice(0, 250)}` };
  }
}

/** A backend that does not answer in time has not answered. */
async function killed({ backends }: Pick<KillPorts, 'backends'>, { backend: name, endpoint, variantId }: KilledVariant): Promise<BackendKill> {
  const backend = Object.hasOwn(backends, name) ? backends[name] : undefined;
  if (backend === undefined) throw new LastmileError('LM_UNKNOWN_ADAPTER', name === UNKNOWN_BACKEND ? 'nothing is stored of the variant, so nobody knows what runs it' : `this API does not know the serving backend ${name}`);
  return within(ANSWER_MS, backend.kill(endpoint, variantId), () => new LastmileError('LM_TIMEOUT', `${name} did not answer in ${ANSWER_MS / 1_000} s`));
}

/** When every live gateway obeys, or a second after the order; with drain when all is silent, or at the end of the serving deadline. */
function isDue(record: KillRecord, nowMs: number): boolean {
  const { inFlight, requestedAtMs, revision, gateways } = record;
  if (inFlight === 'drain') return isSilent(record) || nowMs - requestedAtMs >= DRAIN_MS;
  return nowMs - requestedAtMs >= GATEWAYS_FIRST_MS || (revision !== null && gateways.every(({ state }) => state !== 'waiting'));
}

function waiting({ variantId, backend }: KilledVariant): BackendFence { return { variantId, backend, state: 'waiting', atMs: null, requests: null, requestsAfter: null, note: null }; }
function isDone({ state }: BackendFence): boolean { return state === 'gone' || state === 'not-managed'; }
function keyOf({ tenantId, killId }: KillRecord, { variantId }: KilledVariant): string { return `${tenantId}/${killId}/${variantId}`; }
