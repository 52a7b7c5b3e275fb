import { JUDGE_VERSION } from '../analysis/judge-version.ts';
import { lag1Correlation } from '../analysis/stats/correlation.ts';
import { longRunVariance } from '../analysis/stats/long-run-variance.ts';
import { deviation, momentsOf } from '../analysis/stats/moments.ts';
import { asymptoticBounds } from './mean-bounds.ts';
import { eValue } from './file-verdict.ts';

export const DIRECTIONS = ['lower', 'higher', 'same'] as const;
/** Which way is good for the challenger. */
export type Direction = (typeof DIRECTIONS)[number];

/** Points of one metric over time, as a monitoring system gives them; null or NaN: it gave none. `margin`: in the metric's unit; null: a tenth of the champion's mean. */
export interface Series { readonly champion: readonly (number | null)[]; readonly challenger: readonly (number | null)[]; readonly direction: Direction; readonly margin: number | null }

export interface SeriesFinding {
  readonly name: string;
  readonly state: 'pass' | 'fail' | 'undecided' | 'no-data';
  readonly reason: 'proved' | 'proved-worse' | 'not-enough-evidence' | 'few-points' | 'no-variation' | 'spread' | 'no-data';
  readonly text: string;
  readonly n: number;
  readonly champion: number | null;
  readonly challenger: number | null;
  /** Challenger − champion, turned so that larger is better; for direction same as it is. */
  readonly difference: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly margin: number | null;
  readonly eBetter: number;
  readonly eWorse: number;
  /** Standard deviation of the challenger's points over the champion's. */
  readonly spread: number | null;
}
export interface SeriesVerdict { readonly verdict: 'promote' | 'rollback' | 'collecting'; readonly metrics: readonly SeriesFinding[]; readonly alpha: number; readonly judgeVersion: string }

/** Fewer points of either are no comparison. */
export const FEWEST_POINTS = 50;
/** A challenger whose points spread more than this many times as wide has changed, whatever its mean. */
const MOST_SPREAD = 2;
const USUAL_MARGIN = 0.1;
const CORRELATED = 0.1;

/** All must pass; harm in any rolls back, so that the tests for harm share α. Absence of evidence is never a pass. */
export function judgeSeries(metrics: Readonly<Record<string, Series>>, alpha: number): SeriesVerdict {
  const names = Object.keys(metrics);
  const findings = Object.entries(metrics).map(([name, series]) => findingOf(name, series, { alpha, harmAlpha: alpha / names.length }));
  const verdict = findings.some(({ state }) => state === 'fail') ? 'rollback' : findings.length > 0 && findings.every(({ state }) => state === 'pass') ? 'promote' : 'collecting';
  return { verdict, metrics: findings, alpha, judgeVersion: JUDGE_VERSION };
}

const NOTHING = { n: 0, champion: null, challenger: null, difference: null, lower: null, upper: null, margin: null, eBetter: 0, eWorse: 0, spread: null } as const;

interface Levels { readonly alpha: number; readonly harmAlpha: number }

function findingOf(name: string, series: Series, levels: Levels): SeriesFinding {
  for (const who of ['champion', 'challenger'] as const) {
    const hole = series[who].findIndex((point) => point === null || !Number.isFinite(point));
    if (hole >= 0 || series[who].length === 0) return { ...NOTHING, name, state: 'no-data', reason: 'no-data', text: series[who].length === 0 ? `${name}: the ${who} has no points` : `${name}: point ${hole + 1} of the ${who} is no number` };
  }
  return judged(name, series, levels);
}

function judged(name: string, { champion, challenger, direction, margin: asked }: Series, levels: Levels): SeriesFinding {
  const [old, young] = [champion.map(Number), challenger.map(Number)];
  const [before, after] = [momentsOf(old), momentsOf(young)];
  const margin = asked ?? USUAL_MARGIN * Math.abs(before.mean);
  const estimate = difference(old, young);
  const turned = direction === 'lower' ? { ...estimate, mean: -estimate.mean } : estimate;
  const bounds = asymptoticBounds(turned, { pass: -margin, harm: -margin }, { alpha: levels.alpha, nStar: Math.max(FEWEST_POINTS, estimate.n), method: '' });
  const above = asymptoticBounds({ ...turned, mean: -turned.mean }, { pass: -margin, harm: -margin }, { alpha: levels.alpha, nStar: Math.max(FEWEST_POINTS, estimate.n), method: '' });
  const sides = direction === 'same' ? [bounds, above] : [bounds];
  const facts = {
    name, n: Math.min(old.length, young.length), champion: before.mean, challenger: after.mean, difference: turned.mean, lower: bounds.lower, upper: bounds.upper, margin,
    eBetter: eValue(Math.min(...sides.map(({ logBetter }) => logBetter))), eWorse: eValue(Math.max(...sides.map(({ logWorse }) => logWorse))),
    spread: deviation(before) > 0 ? deviation(after) / deviation(before) : null,
  };
  return { ...facts, ...stateOf(facts, { varies: { champion: deviation(before) > 0, challenger: deviation(after) > 0 }, harm: levels.harmAlpha / sides.length, alpha: levels.alpha }) };
}

/**
 * Points of the same moments are paired; of different counts they are two arms, and so where pairs differ by the same all the time, which says nothing of
 * chance. Neighbours that hang together get a long-run variance.
 */
function difference(old: readonly number[], young: readonly number[]): { readonly n: number; readonly mean: number; readonly deviation: number } {
  const d = old.length === young.length ? young.map((value, i) => value - (old[i] ?? NaN)) : [];
  const paired = spreadOf(d);
  if (paired > 0) return { n: d.length, mean: momentsOf(d).mean, deviation: Math.sqrt(paired) };
  const n = old.length + young.length;
  return { n, mean: momentsOf(young).mean - momentsOf(old).mean, deviation: Math.sqrt(n * (spreadOf(old) / old.length + spreadOf(young) / young.length)) };
}

function spreadOf(values: readonly number[]): number {
  return (lag1Correlation(values) ?? 0) >= CORRELATED ? longRunVariance(values) : deviation(momentsOf(values)) ** 2;
}

type Facts = Pick<SeriesFinding, 'name' | 'n' | 'champion' | 'challenger' | 'margin' | 'eBetter' | 'eWorse' | 'spread'>;
interface Rest { readonly varies: { readonly champion: boolean; readonly challenger: boolean }; readonly harm: number; readonly alpha: number }

function stateOf(facts: Facts, { varies, harm, alpha }: Rest): Pick<SeriesFinding, 'state' | 'reason' | 'text'> {
  const { name, n, champion, challenger, margin, eBetter, eWorse, spread } = facts;
  const means = `champion ${told(champion)}, challenger ${told(challenger)}, margin ${told(margin)}`;
  if (n < FEWEST_POINTS) return { state: 'undecided', reason: 'few-points', text: `${name}: ${n} points each, and ${FEWEST_POINTS} are wanted` };
  if (eWorse >= 1 / harm) return { state: 'fail', reason: 'proved-worse', text: `${name}: the challenger is proved worse than the margin allows; ${means}` };
  if (!varies.champion && !varies.challenger) return { state: 'undecided', reason: 'no-variation', text: `${name}: no point differs from the others, so that chance cannot be told from a difference; ${means}` };
  if (varies.challenger && (spread ?? Infinity) > MOST_SPREAD) return { state: 'undecided', reason: 'spread', text: `${name}: the challenger's points spread ${spread === null ? 'and the champion\'s do not' : `${told(spread)} times as wide as the champion's`}: its mean does not speak for it; ${means}` };
  if (eBetter >= 1 / alpha) return { state: 'pass', reason: 'proved', text: `${name}: proved within the margin; ${means}` };
  return { state: 'undecided', reason: 'not-enough-evidence', text: `${name}: neither within the margin nor worse is proved yet; ${means}` };
}

function told(value: number | null): string { return value === null ? 'unknown' : String(Number(value.toPrecision(4))); }
