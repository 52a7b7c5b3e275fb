import type { Log } from '../config/log.ts';
import { isSampled } from '../domain/traffic/sampling.ts';
import type { VariantId } from '../domain/ids.ts';
import type { DropReason } from '../domain/record.ts';
import type { Mirror } from '../domain/traffic/choose.ts';
import { createBreaker, type Breaker } from './breaker.ts';
import { countSent, type Counters } from './counters.ts';
import type { Fence } from './fence.ts';
import type { Answer, Killed, Upstreams } from './forward.ts';
import { isKilledThere } from './killed-there.ts';
import { legRecord, type InferenceFacts } from './record.ts';
import type { OpenInference, RecordQueue } from './record-queue.ts';

/** One inference whose answer went out, and the legs that did not serve. */
export interface MirrorRequest {
  readonly facts: InferenceFacts;
  readonly mirrors: readonly Mirror[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Each leg is recorded there. */
  readonly inference: OpenInference;
  /** Asked just before a leg is sent: false once the variant was killed, taken out, or the lease is lost. */
  readonly stillMirrored: (id: VariantId) => boolean;
}

export interface Mirrors {
  /** Returns at once; resolves when every leg is recorded or dropped. Never throws. */
  mirror(request: MirrorRequest): Promise<void>;
}

export interface MirrorOptions {
  readonly upstreams: Upstreams;
  readonly fence: Fence;
  readonly queue: RecordQueue;
  readonly counters: Counters;
  readonly elapsedMs: () => number;
  readonly perVariant: number;
  readonly bytes: number;
  readonly textBytes: number;
  /** When a challenger that cannot be reached is no longer asked by every copy. */
  readonly breaker: { readonly failures: number; readonly openMs: number };
  readonly log: Log;
}

interface Lane { active: number; readonly waiting: (() => void)[]; readonly breaker: Breaker }

/**
 * Mirrored traffic (promise 7): its own connections, at most `perVariant` legs under way to one variant, a budget of body bytes for all
 * that wait or run, a deadline each, and a breaker for those that cannot be reached. Failures and time-outs are results and recorded; what finds no place is counted by reason.
 */
export function createMirrors(of: MirrorOptions): Mirrors {
  const lanes = new Map<VariantId, Lane>();
  let heldBytes = 0;
  const laneOf = (id: VariantId): Lane => {
    const lane = lanes.get(id) ?? { active: 0, waiting: [], breaker: createBreaker({ ...of.breaker, elapsedMs: of.elapsedMs, changed: (to) => { tell(of, id, to); } }) };
    lanes.set(id, lane);
    return lane;
  };
  const drop = ({ facts }: MirrorRequest, { variant }: Mirror, reason: DropReason): void => {
    if (reason !== 'sampled-out') of.counters.dropped += 1;
    of.queue.drop({ tenantId: facts.tenantId, deploymentUid: facts.deploymentUid, variantId: variant.variantId, reason });
  };
  const leg = async (request: MirrorRequest, mirror: Mirror): Promise<void> => {
    if (!isSampled(request.facts.inferenceId, mirror.samplePer10k)) { drop(request, mirror, 'sampled-out'); return; }
    if (heldBytes + request.body.length > of.bytes) { drop(request, mirror, 'bytes'); return; }
    heldBytes += request.body.length;
    try { await inLane(request, mirror); } finally { heldBytes -= request.body.length; }
  };
  const inLane = async (request: MirrorRequest, mirror: Mirror): Promise<void> => {
    const lane = laneOf(mirror.variant.variantId);
    const sinceMs = of.elapsedMs();
    if (lane.active >= of.perVariant) {
      if (lane.waiting.length >= of.perVariant * WAITING_PER_ACTIVE) { drop(request, mirror, 'cap'); return; }
      await new Promise<void>((resolve) => { lane.waiting.push(resolve); });
    } else lane.active += 1;
    try {
      if (of.elapsedMs() - sinceMs > mirror.deadlineMs) drop(request, mirror, 'deadline');
      else if (request.stillMirrored(mirror.variant.variantId)) await through(lane.breaker, request, mirror);
    } finally { handOn(lane); }
  };
  const through = async (breaker: Breaker, request: MirrorRequest, mirror: Mirror): Promise<void> => {
    const heard = breaker.pass();
    if (heard === null) { record(request, mirror, UNREACHED); return; }
    let answer: Answer | Killed | null = null;
    try { answer = await send(request, mirror); } finally { heard(isReached(answer)); }
    record(request, mirror, answer);
  };
  const send = (request: MirrorRequest, { variant, deadlineMs }: Mirror): Promise<Answer | Killed> => {
    of.counters.mirrored += 1;
    countSent(of.counters, variant.variantId);
    const headers = { ...request.headers, 'x-lastmile-shadow': '1' };
    return of.upstreams.send({ endpoint: variant.endpoint, method: 'POST', path: '/infer', headers, body: request.body, deadlineMs, leg: of.fence.begin(request.facts, variant), mayRetry: () => request.stillMirrored(variant.variantId) });
  };
  const record = ({ facts, inference }: MirrorRequest, { variant, samplePer10k }: Mirror, answer: Answer | Killed): void => {
    // Aborted by our own stop, or ended by a kill: no result of the variant.
    if ((!answer.ok && (answer.error === 'aborted' || answer.error === 'killed')) || isKilledThere(variant, answer)) return;
    inference.add(legRecord(facts, { variantId: variant.variantId, role: 'shadow', assignmentPer10k: samplePer10k, answer, request: null }, of.textBytes));
  };
  return { mirror: async (request) => { await Promise.all(request.mirrors.map((mirror) => leg(request, mirror))); } };
}

/** A caller of a server that cannot be reached would have got no answer either: no drop, but a failure of the challenger like those that were tried (ADR 0020). */
const UNREACHED: Answer = { ok: false, error: 'connect', detail: 'not tried while the breaker is open', latencyMs: 0 };

/** Null: nothing is known of the server, because we gave up or a kill ended it. Whoever is late has been connected to. */
function isReached(answer: Answer | Killed | null): boolean | null {
  if (answer === null || (!answer.ok && (answer.error === 'aborted' || answer.error === 'killed'))) return null;
  return answer.ok || answer.error !== 'connect';
}

function tell({ log, breaker: { failures, openMs } }: MirrorOptions, variantId: VariantId, to: 'open' | 'closed'): void {
  if (to === 'closed') log.info('a mirrored version can be reached again: it gets its copies', { variantId });
  else log.warn('a mirrored version cannot be reached: one copy at a time tries, the others are recorded as failed without being sent', { variantId, failures, everyMs: openMs });
}

/** A burst may wait this many times the legs under way; its deadline bounds how long. */
const WAITING_PER_ACTIVE = 16;

/** The place of a finished leg goes to the one that waits longest. */
function handOn(lane: Lane): void {
  const next = lane.waiting.shift();
  if (next === undefined) lane.active -= 1;
  else next();
}
