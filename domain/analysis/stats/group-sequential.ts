import { normalCdf, normalQuantile } from './normal-distribution.ts';

/** How α is spent over information fractions t in (0, 1]: Lan and DeMets, Biometrika 70 (1983). Two-sided forms; `sides: 1` for non-inferiority. */
export const SPENDING = {
  /** O'Brien–Fleming type: 4(1 − Φ(z_{α/4}/√t)), one-sided 2(1 − Φ(z_{α/2}/√t)). */
  'obrien-fleming': (t: number, alpha: number, sides: 1 | 2): number => (sides === 2 ? 4 : 2) * normalCdf(normalQuantile(alpha / (2 * sides)) / Math.sqrt(t)),
  /** Pocock type: α ln(1 + (e − 1) t). */
  pocock: (t: number, alpha: number): number => alpha * Math.log(1 + (Math.E - 1) * t),
} as const;
export type SpendingName = keyof typeof SPENDING;

/** Odd, for Simpson's rule. */
const POINTS = 401;
const WIDE = 8;

/** The score B at a look, not yet stopped: its sub-density on an even grid. */
interface Density { readonly from: number; readonly step: number; readonly values: readonly number[] }

/**
 * Boundaries |z| (one-sided: z) at the looks t_1 < … < t_K, so that the probability to pass one by look k is what `spent` says (Armitage, McPherson, Rowe 1969:
 * the joint density of the score, look by look, by Simpson's rule). Infinite where nothing is spent.
 */
export function spendingBounds(looks: readonly number[], spent: (t: number) => number, sides: 1 | 2): readonly number[] {
  const bounds: number[] = [];
  let density: Density | null = null;
  let used = 0;
  let before = 0;
  for (const t of looks) {
    const wanted = spent(t) - used;
    const passing = (z: number): number => passed(density, { before, t, z, sides });
    const z = wanted <= 0 ? Infinity : solve(passing, wanted);
    bounds.push(z);
    density = carried(density, { before, t, z, sides });
    used = spent(t);
    before = t;
  }
  return bounds;
}

/** Equal |z| at K even looks (Pocock 1977), or c/√t (O'Brien and Fleming 1979), of total two-sided level α. */
export function constantBounds(looks: number, alpha: number, shape: 'pocock' | 'obrien-fleming'): readonly number[] {
  const times = Array.from({ length: looks }, (_, k) => (k + 1) / looks);
  const boundsOf = (c: number): readonly number[] => times.map((t) => (shape === 'pocock' ? c : c / Math.sqrt(t)));
  const c = solve((z) => levelOf(times, boundsOf(z)), alpha);
  return boundsOf(c);
}

/** Probability, without an effect, to pass any of the bounds on either side. */
export function levelOf(times: readonly number[], bounds: readonly number[]): number {
  let density: Density | null = null;
  let before = 0;
  let level = 0;
  times.forEach((t, k) => {
    const of = { before, t, z: bounds[k] ?? Infinity, sides: 2 } as const;
    level += passed(density, of);
    density = carried(density, of);
    before = t;
  });
  return level;
}

interface Look { readonly before: number; readonly t: number; readonly z: number; readonly sides: 1 | 2 }

function passed(density: Density | null, { before, t, z, sides }: Look): number {
  const edge = z * Math.sqrt(t);
  if (density === null) return sides * normalCdf(-z);
  const spread = Math.sqrt(t - before);
  return simpson(density, (x) => normalCdf((x - edge) / spread) + (sides === 2 ? normalCdf((-edge - x) / spread) : 0));
}

function carried(density: Density | null, { before, t, z, sides }: Look): Density {
  const edge = Math.min(z, WIDE) * Math.sqrt(t);
  const from = sides === 2 ? -edge : -WIDE * Math.sqrt(t);
  const step = (edge - from) / (POINTS - 1);
  const spread = Math.sqrt(t - before);
  const values = Array.from({ length: POINTS }, (_, i) => {
    const x = from + i * step;
    return density === null ? normalDensity(x, Math.sqrt(t)) : simpson(density, (y) => normalDensity(x - y, spread));
  });
  return { from, step, values };
}

/** Simpson's rule; a plain loop, since boundaries ask for it ten thousand times. */
function simpson({ from, step, values }: Density, weight: (x: number) => number): number {
  const last = POINTS - 1;
  let sum = (values[0] ?? 0) * weight(from) + (values[last] ?? 0) * weight(from + last * step);
  for (let i = 1; i < last; i += 2) sum += 4 * (values[i] ?? 0) * weight(from + i * step);
  for (let i = 2; i < last; i += 2) sum += 2 * (values[i] ?? 0) * weight(from + i * step);
  return (sum * step) / 3;
}

/** Taken from the global object once: boundaries ask some ten million times. */
const { exp } = Math;
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
function normalDensity(x: number, deviation: number): number {
  const z = x / deviation;
  return exp((-z * z) / 2) / (deviation * ROOT_TWO_PI);
}

const SETTLED = 1e-7;
const MOST_STEPS = 60;

/** z at which a falling probability is as wanted: false position with Illinois' halving, in logarithms, where tails are nearly straight. */
function solve(probability: (z: number) => number, wanted: number): number {
  const above = (z: number): number => Math.log(Math.max(probability(z), Number.MIN_VALUE)) - Math.log(wanted);
  let [low, high] = [0, WIDE];
  let [atLow, atHigh] = [above(low), above(high)];
  for (let step = 0; step < MOST_STEPS && high - low > SETTLED; step += 1) {
    const z = high - (atHigh * (high - low)) / (atHigh - atLow);
    const value = above(z);
    if (Math.abs(value) < SETTLED) return z;
    if (value > 0) { low = z; atLow = value; atHigh /= 2; } else { high = z; atHigh = value; atLow /= 2; }
  }
  return (low + high) / 2;
}
