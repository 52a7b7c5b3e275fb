import type { MicroBlock } from './blocks.ts';
import { sumsOf } from './fold.ts';
import { pairedPlans } from './metric-plan.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import type { Engine } from '../deployment.ts';
import { BURN_IN, engineOf, levelsOf } from './paired-bounds.ts';
import { asymptoticRadius, asymptoticRho } from './stats/asymptotic-sequence.ts';
import { sumBound, tunedRho } from './stats/gamma-exponential.ts';
import { normalCdf } from './stats/normal-distribution.ts';
import { PLANNED_BLOCKS } from './tuning.ts';

/** What a rollout of a deployment can be expected to tell, before it begins; by how the newest comparable rollout was planned. Effects are in the metric's unit, beyond the threshold. */
export interface MetricForecast {
  readonly metric: string;
  /** Blocks that can be judged before the horizon, and how long each is. */
  readonly blocks: number;
  readonly blockMs: number;
  /** Standard deviation of block means that is expected. */
  readonly spread: number;
  /** True differences that are proved before the horizon with a chance of one half, and of four fifths; null: none that the metric's range allows. */
  readonly evenOdds: number | null;
  readonly detectable: number | null;
  /** At the difference above that is found with four fifths: whole days of evidence until a proof, on average; null without one. */
  readonly days: number | null;
  /** Requests that both answer in these blocks, at the traffic of the rollout that taught it; null where its blocks are gone. The same until a proof. */
  readonly requests: number | null;
  readonly requestsToProof: number | null;
  /** Chance that a challenger that is exactly as good as the champion ends without a proof of this metric. */
  readonly inconclusiveIfEqual: number;
}

/** What a forecast is made for: the horizon of the file, what the budget grants next, how far below equal a proof may lie, and how many requests come in a millisecond. */
export interface Foreseeing {
  readonly horizonMs: number;
  readonly alpha: number;
  readonly hasPilot: boolean;
  readonly marginOf: (metric: string) => number;
  readonly requestsPerMs: number | null;
}

const DAY_MS = 86_400_000;
const LIKELY = 0.8;
const EXACT = 1e-4;

/** Of each paired metric that a promotion needs a proof of. `like`: a fixed plan whose block length, loss bound and tuning are expected again; `alpha`: what the budget grants next. */
export function forecastOf(like: AnalysisPlan, { horizonMs, alpha, hasPilot, marginOf, requestsPerMs }: Foreseeing): readonly MetricForecast[] {
  const { cycleMs, pilotCycles, maturityMs } = like;
  // Evidence begins with a whole cycle: half a cycle is lost on average, and the last blocks wait for their outcomes.
  const evidenceMs = horizonMs - maturityMs - cycleMs / 2 - (hasPilot ? pilotCycles * cycleMs : 0);
  return pairedPlans(like).filter(({ role }) => role === 'required').map((planned) => {
    const metric = { ...planned, alpha };
    const engine = engineOf(like, metric);
    const blockMs = metric.tauMs * metric.blockSlots;
    const blocks = Math.max(0, Math.floor(evidenceMs / cycleMs) * (cycleMs / blockMs));
    const detectable = effectFor({ metric, engine }, blocks, LIKELY);
    const toProof = detectable === null ? null : blocksFor({ metric, engine }, detectable, blocks);
    const requestsIn = (count: number | null): number | null => (count === null || requestsPerMs === null ? null : Math.round(count * blockMs * requestsPerMs));
    return {
      metric: metric.name, blocks, blockMs, spread: metric.centreCap, evenOdds: effectFor({ metric, engine }, blocks, 0.5), detectable, days: toProof === null ? null : Math.ceil((toProof * blockMs) / DAY_MS),
      requests: requestsIn(blocks), requestsToProof: requestsIn(toProof), inconclusiveIfEqual: 1 - chanceOfProof({ metric, engine }, marginOf(metric.name), blocks),
    };
  });
}

/**
 * Chance that the lower bound has passed the threshold after `blocks` blocks, if their means spread like `centreCap` around `effect`: the mean is nearly normal, V nearly
 * n spread², so that the bound passes where the mean exceeds u(V)/n. An approximation from below: a proof may come, and stand, at any earlier look too.
 */
export function chanceOfProof(of: Judged, effect: number, blocks: number): number {
  if (blocks === 0) return 0;
  const spread = of.metric.centreCap;
  const radius = Math.min(strictRadius(of, blocks), fastRadius(of, blocks));
  return spread === 0 ? Number(effect > radius) : normalCdf(((effect - radius) / spread) * Math.sqrt(blocks));
}

interface Judged { readonly metric: MetricPlan; readonly engine: Engine }

function strictRadius({ metric: { vOpt, lossBound, centreCap, alpha }, engine }: Judged, blocks: number): number {
  const { strict } = levelsOf(engine, alpha);
  return sumBound({ rho: tunedRho(vOpt, strict, 'one-sided'), c: lossBound + centreCap }, blocks * centreCap * centreCap, strict) / blocks;
}

/** Blocks that hang together would widen it; the forecast cannot tell, and takes them as independent. */
function fastRadius({ metric: { alpha, plannedBlocks: nStar = PLANNED_BLOCKS, centreCap }, engine }: Judged, blocks: number): number {
  if (engine === 'strict' || blocks < BURN_IN.blocks) return Infinity;
  const { fast } = levelsOf(engine, alpha);
  return asymptoticRadius({ n: blocks, deviation: centreCap }, { rho: asymptoticRho(nStar, fast, 'one-sided'), alpha: fast, sides: 'one-sided' });
}

/** The least effect that is proved with a chance; null where even the largest that the metric allows is not. */
function effectFor(of: Judged, blocks: number, chance: number): number | null {
  const { range } = of.metric;
  let [low, high] = [0, range.hi];
  if (chanceOfProof(of, high, blocks) < chance) return null;
  while (high - low > EXACT * range.hi) {
    const middle = (low + high) / 2;
    if (chanceOfProof(of, middle, blocks) < chance) low = middle; else high = middle;
  }
  return high;
}

/** The least number of blocks after which an effect is as likely proved as not. */
function blocksFor(of: Judged, effect: number, most: number): number {
  let [low, high] = [0, most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (chanceOfProof(of, effect, middle) < 0.5) low = middle; else high = middle;
  }
  return high;
}

/** Requests that both answer in a millisecond, over the slots from the first to the last of these blocks; null without any. */
export function trafficOf(blocks: readonly MicroBlock[], { tauMs }: MetricPlan): number | null {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return null;
  return blocks.reduce((sum, { sums }) => sum + sumsOf('paired', sums).pairs, 0) / ((last.slot - first.slot + 1) * tauMs);
}
