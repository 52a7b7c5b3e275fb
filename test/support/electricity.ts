import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One half hour of the market: what is known then, and whether the price was above its day's mean (known one day later). */
export interface HalfHour { readonly features: readonly number[]; readonly label: 0 | 1 }
export interface Electricity { readonly rows: readonly HalfHour[]; readonly names: readonly string[]; readonly real: boolean }

/** 48 half hours: outcomes come a day late, and a day is the cycle. */
export const DAY_ROWS = 48;
export const HALF_HOUR_MS = 1_800_000;
/** Event time of row 0: 7 May 1996. */
export const START_MS = Date.UTC(1996, 4, 7);

const RAW = ['period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'] as const;
export const FEATURES = [...RAW, 'price_above_day', 'price_change', 'price_yesterday', 'label_yesterday'] as const;

/** elec2.csv by LASTMILE_ELEC2, or in a shared/data folder upward; elsewhere a generated stream of the same shape. */
export function loadElectricity(): Electricity {
  const file = findFile();
  if (file === null) return { rows: derive(generated(24_000, 7)), names: FEATURES, real: false };
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  return { rows: derive(lines.map((line) => line.split(',').map(Number))), names: FEATURES, real: true };
}

function findFile(): string | null {
  const named = process.env.LASTMILE_ELEC2;
  if (named !== undefined && named !== '') return named;
  for (let folder = import.meta.dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    const candidate = join(folder, 'shared', 'data', 'elec2.csv');
    if (existsSync(candidate)) return candidate;
  }
  return null;
}

/** Adds what the past says: no feature looks ahead, and no label is used before it is a day old. */
function derive(raw: readonly (readonly number[])[]): HalfHour[] {
  const price = raw.map((row) => row[1] ?? 0);
  const label = raw.map((row) => row[6] ?? 0);
  let daySum = 0;
  return raw.map((row, i) => {
    daySum += (price[i] ?? 0) - (price[i - DAY_ROWS] ?? 0);
    const mean = daySum / Math.min(i + 1, DAY_ROWS);
    const now = price[i] ?? 0;
    return { features: [...row.slice(0, 6), now - mean, now - (price[i - 1] ?? now), now - (price[i - DAY_ROWS] ?? now), label[i - DAY_ROWS] ?? 0], label: label[i] === 1 ? 1 : 0 };
  });
}

/** Daily and slow swings with noise; the label is the price against the mean of its last day, as in the real stream. */
function generated(count: number, seed: number): number[][] {
  let state = seed;
  const uniform = (): number => { state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; return state / 2 ** 32; };
  const prices: number[] = [];
  let level = 0.06;
  return Array.from({ length: count }, (_, i) => {
    const period = (i % DAY_ROWS) / DAY_ROWS;
    level += (0.06 - level) * 0.01 + (uniform() - 0.5) * 0.004;
    const demand = 0.4 + 0.2 * Math.sin(2 * Math.PI * (period - 0.3)) + 0.05 * uniform();
    const price = Math.max(0, level + 0.04 * (demand - 0.4) + 0.01 * (uniform() - 0.5));
    prices.push(price);
    const day = prices.slice(-DAY_ROWS);
    const mean = day.reduce((sum, p) => sum + p, 0) / day.length;
    return [period, price, demand, 0.003, 0.42, 0.41, price > mean ? 1 : 0];
  });
}
