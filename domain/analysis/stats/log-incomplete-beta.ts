import { logBeta } from './log-gamma.ts';

const TINY = 1e-300;
const SETTLED = 1e-15;
const MOST_TERMS = 100_000;

/**
 * ln I_x(a, b), the regularised incomplete beta function, for a, b > 0; −∞ for x <= 0, 0 for x >= 1.
 * Continued fraction (NIST DLMF 8.17.22) by the modified Lentz method, on the side where it converges fast.
 */
export function logBetaI(x: number, a: number, b: number): number {
  if (!(x > 0)) return -Infinity;
  if (x >= 1) return 0;
  const front = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b);
  if (x <= (a + 1) / (a + b + 2)) return front - Math.log(a) + Math.log(continuedFraction(x, a, b));
  return Math.log1p(-Math.exp(front - Math.log(b) + Math.log(continuedFraction(1 - x, b, a))));
}

function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < MOST_TERMS; m += 1) {
    for (const coefficient of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
      d = 1 / nonZero(1 + coefficient * d);
      c = nonZero(1 + coefficient / c);
      h *= d * c;
    }
    if (Math.abs(d * c - 1) < SETTLED) break;
  }
  return h;
}

function nonZero(value: number): number { return Math.abs(value) < TINY ? TINY : value; }
