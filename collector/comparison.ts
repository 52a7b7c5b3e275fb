import type { Evidence } from '../domain/analysis/evidence.ts';
import { foldedMetrics } from '../domain/analysis/fold.ts';
import { metricClock, type Line } from '../domain/analysis/sealing.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { Contract } from '../domain/contract.ts';
import type { ValueModel } from '../domain/deployment.ts';
import { LastmileError } from '../domain/errors.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { Stores } from '../ports/stores.ts';
import { addBlock, addPage, createTally, type Tally } from './tally.ts';

/** Where one metric's line of slots stands. Both only spare work: what is stored is the truth, and a restart begins from it. */
export interface MetricLine {
  readonly metric: string;
  readonly clock: 'ruling' | 'gateway';
  /** The highest slot stored. */
  storedUpTo: number | null;
  /** The highest slot stored, or passed over as empty. */
  sealedUpTo: number | null;
  /** The slot at the head was looked at and holds the line: look at it alone before the ones behind it. */
  held: boolean;
  /** The pages below this slot are closed and nothing is left behind of them; null when that has not been looked at. */
  pagedBefore: number | null;
}

/** A rollout that is compared, with what its blocks are folded by. */
export interface Comparison {
  readonly rollout: RolloutRecord;
  readonly plan: AnalysisPlan;
  readonly contract: Contract;
  readonly value: ValueModel | null;
  readonly lines: readonly MetricLine[];
  readonly tally: Tally;
  /** How many milliseconds of legs are read at once, by clock; follows their density. */
  readonly windowMs: Record<'ruling' | 'gateway', number>;
}

/** From what is stored; null while there is no plan, which is opened with the first traffic of shadow. */
export async function openComparison({ evidence, deployments }: Pick<Stores, 'evidence' | 'deployments'>, rollout: RolloutRecord): Promise<Comparison | null> {
  const plan = await evidence.getPlan(rollout.tenantId, rollout.rolloutId);
  if (plan === null) return null;
  const [contract, spec, sealed] = await Promise.all([
    deployments.getContract(plan.tenantId, plan.contractHash), deployments.getSpec(plan.tenantId, plan.specHash), evidence.summary(plan.tenantId, plan.rolloutId),
  ]);
  if (contract === null || spec === null) {
    throw new LastmileError('LM_INVARIANT', `The plan of ${plan.rolloutId} names ${contract === null ? `contract ${plan.contractHash}` : `spec ${plan.specHash}`}, and the store has none; restore the database from its backup.`);
  }
  const tally = createTally(plan);
  for (const block of sealed.blocks) addBlock(tally, block);
  for (const page of sealed.pages) addPage(tally, page);
  return { rollout, plan, contract, value: spec.spec.value, lines: foldedMetrics(plan).map((metric) => lineOf(plan, metric, sealed)), tally, windowMs: { ruling: plan.cycleMs * 8, gateway: 60_000 } };
}

function lineOf(plan: AnalysisPlan, metric: string, { pages, blocks }: Evidence): MetricLine {
  const stored = [...blocks.filter((block) => block.metric === metric).map(({ slot }) => slot), ...pages.filter((page) => page.metric === metric).flatMap(({ runs }) => runs.flat())];
  const storedUpTo = stored.reduce<number | null>((highest, slot) => (highest === null || slot > highest ? slot : highest), null);
  return { metric, clock: metricClock(plan, metric), storedUpTo, sealedUpTo: storedUpTo, held: false, pagedBefore: null };
}

/** The marks as the plan's slots understand them: under the gateway clock, ruling time is how far gateways are complete. */
export function marksOf(plan: AnalysisPlan, { completeAtMs, rulingMs }: { readonly completeAtMs: number | null; readonly rulingMs: number | null }): Omit<Line, 'sealedUpTo'> {
  return { completeAtMs, rulingMs: plan.clock === 'gateway' ? completeAtMs : rulingMs };
}
