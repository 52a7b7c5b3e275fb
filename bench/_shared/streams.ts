import { normals, uniforms } from '../../domain/analysis/stats/seeded-random.ts';
import type { Range } from '../../domain/value/payoff.ts';

/**
 * Differences of one row, in time order, whose mean is 0: a challenger exactly at the margin. `effect` makes it better. `block`: rows that make one observation
 * where blocks are judged, and `loss` what no such block is assumed to lose, as a pilot would have taught.
 */
export interface Stream { readonly range: Range; readonly effect: number; readonly block: number; readonly loss: number; readonly make: (seed: number) => () => number }

const UNIT: Range = { lo: -1, hi: 1 };
const clip = (x: number, most: number): number => Math.max(-most, Math.min(most, x));
const DAY_ROWS = 500;

export const STREAMS: Readonly<Record<string, Stream>> = {
  'normal, cut at ±1': { range: UNIT, effect: 0.02, block: 50, loss: 0.25, make: (seed) => { const z = normals(seed); return () => clip(0.3 * z(), 1); } },
  'rare differences (5 %)': { range: UNIT, effect: 0.01, block: 50, loss: 0.25, make: (seed) => { const u = uniforms(seed); return () => { const x = u(); return x < 0.025 ? 1 : x < 0.05 ? -1 : 0; }; } },
  'loans: +.05, rarely −1': { range: UNIT, effect: 0.01, block: 50, loss: 0.4, make: (seed) => { const u = uniforms(seed); return () => (u() < 1 / 21 ? -1 : 0.05); } },
  'lognormal gains': { range: { lo: -1, hi: 20 }, effect: 0.1, block: 50, loss: 0.9, make: (seed) => { const z = normals(seed); return () => Math.exp(1.2 * z()) / Math.exp(0.72) - 1; } },
  'lognormal losses': { range: { lo: -20, hi: 1 }, effect: 0.1, block: 50, loss: 8, make: (seed) => { const z = normals(seed); return () => 1 - Math.exp(1.2 * z()) / Math.exp(0.72); } },
  'AR(1) 0.7': { range: UNIT, effect: 0.03, block: 50, loss: 0.3, make: (seed) => { const z = normals(seed); let x = 0; return () => { x = 0.7 * x + 0.1 * z(); return clip(x, 1); }; } },
  // Which version gains turns with the hour; over whole days it is nothing.
  'a season of 500 rows': { range: UNIT, effect: 0.03, block: 500, loss: 0.1, make: (seed) => { const z = normals(seed); let i = Math.floor(uniforms(seed + 7)() * DAY_ROWS); return () => { i += 1; return clip(0.1 * Math.sin((2 * Math.PI * i) / DAY_ROWS) + 0.3 * z(), 1); }; } },
  // One row in fifty begins a burst of twenty that all go one way.
  'bursts': { range: UNIT, effect: 0.03, block: 200, loss: 0.4, make: (seed) => { const u = uniforms(seed); let [left, way] = [0, 0]; return () => { if (left === 0 && u() < 0.02) { left = 20; way = u() < 0.5 ? 1 : -1; } if (left > 0) { left -= 1; return way * 0.5 * u(); } return 0.1 * (u() - 0.5); }; } },
};
