import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../config/log.ts';
import { fieldOf } from '../domain/analysis/field.ts';
import { isLastmileError } from '../domain/errors.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { Watermark } from '../ports/record-store.ts';
import type { Stores } from '../ports/stores.ts';
import { marksOf, openComparison, type Comparison } from './comparison.ts';
import { createNews } from './news.ts';
import { closePages } from './paging.ts';
import type { Patience } from './patience.ts';
import { progressOf } from './progress.ts';
import { sealDue } from './seal.ts';

const LOOK_MS = 250;
/** Without new records there may still be new labels, rollouts and plans. */
const QUIET_MS = 1_000;
const PROGRESS_MS = 1_000;
/** A break shorter than this is none of which gateways would notice. */
const BREAK_MS = 2_000;

export interface SealerOptions { readonly stores: Stores; readonly patience: Patience; readonly now: () => number; readonly log: Log }
export interface SealerLoop {
  /** Records came in. */
  wake(): void;
  /** Ends after the look under way. */
  stop(): Promise<void>;
}

/**
 * Looks a few times a second whether blocks are due; one look at a time. There is no leader among collectors: a seal is insert-once and every block a pure
 * function of what is stored, so a second one doing the same work costs time and changes nothing.
 */
export function startSealer(options: SealerOptions): SealerLoop {
  const look = createLook(options);
  const ending = new AbortController();
  let woken = true;
  let brokenSinceMs: number | null = null;
  const attempt = async (): Promise<void> => {
    try {
      await look();
      const nowMs = options.now();
      if (brokenSinceMs !== null && nowMs - brokenSinceMs >= BREAK_MS) options.patience.resumed(nowMs);
      brokenSinceMs = null;
    } catch (error) {
      brokenSinceMs ??= options.now();
      options.log.warn('the evidence could not be looked at; trying again', { error });
    }
  };
  const run = async (): Promise<void> => {
    for (let lastMs = -Infinity; !ending.signal.aborted;) {
      if (woken || options.now() - lastMs >= QUIET_MS) {
        woken = false;
        lastMs = options.now();
        await attempt();
      }
      await pause(LOOK_MS, ending.signal);
    }
  };
  const running = run();
  return { wake() { woken = true; }, async stop() { ending.abort(); await running; } };
}

/** One look at every active rollout. A failure of one does not keep the others waiting; that of the store ends the look. */
function createLook({ stores, patience, now, log }: SealerOptions): () => Promise<void> {
  const open = new Map<string, Comparison>();
  const shownAtMs = new Map<string, number>();
  const news = createNews(stores.outbox);

  const comparisonOf = async (rollout: RolloutRecord): Promise<Comparison | null> => {
    const key = `${rollout.tenantId}/${rollout.rolloutId}`;
    const known = open.get(key);
    const comparison = known === undefined ? await openComparison(stores, rollout) : { ...known, rollout };
    if (comparison !== null) open.set(key, comparison);
    return comparison;
  };
  const show = async (comparison: Comparison, watermark: Watermark): Promise<void> => {
    const { tenantId, deploymentUid, rolloutId } = comparison.plan;
    if (now() - (shownAtMs.get(rolloutId) ?? -Infinity) < PROGRESS_MS) return;
    shownAtMs.set(rolloutId, now());
    const drops = addUp(await Promise.all(fieldOf(comparison.plan).map((variantId) => stores.records.drops(tenantId, deploymentUid, variantId))));
    await stores.evidence.putProgress(progressOf(comparison, watermark, { drops, nowMs: now() }));
  };
  const advance = async (rollout: RolloutRecord): Promise<void> => {
    const deployment = `${rollout.tenantId}/${rollout.deploymentUid}`;
    const nowMs = now();
    const watermark = await stores.records.watermark(rollout.tenantId, rollout.deploymentUid, patience.at(deployment, nowMs));
    patience.heard(deployment, watermark.lastAtMs);
    const comparison = await comparisonOf(rollout);
    if (comparison !== null) {
      try {
        await sealDue({ stores, now }, comparison, marksOf(comparison.plan, watermark));
        await closePages(stores.evidence, comparison);
      } catch (error) {
        // What was sealed half-way is in the store: begin again from there.
        open.delete(`${rollout.tenantId}/${rollout.rolloutId}`);
        throw error;
      }
      await news.sealed(comparison, now());
      await show(comparison, watermark);
    }
    await news.idle(rollout, { lastAtMs: watermark.lastAtMs, nowMs, openForMs: patience.openForMs(nowMs) });
  };

  return async () => {
    const rollouts = (await stores.deployments.activeRollouts()).filter(({ plan }) => plan.mode === 'compare');
    const active = new Set(rollouts.map(({ tenantId, rolloutId }) => `${tenantId}/${rolloutId}`));
    for (const key of open.keys()) if (!active.has(key)) open.delete(key);
    for (const rollout of rollouts) {
      try {
        await advance(rollout);
      } catch (error) {
        if (isLastmileError(error) && error.kind === 'unavailable') throw error;
        log.error('a rollout cannot be compared', { rolloutId: rollout.rolloutId, error });
      }
    }
  };
}

/** Counts of several by their names. */
function addUp(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [name, count] of all.flatMap((each) => Object.entries(each))) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

/** Ends early, and in peace, when the loop is to end. */
async function pause(ms: number, ending: AbortSignal): Promise<void> { await delay(ms, undefined, { signal: ending }).catch(() => undefined); }
