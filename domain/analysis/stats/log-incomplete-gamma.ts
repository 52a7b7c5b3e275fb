import { logGamma } from './log-gamma.ts';

const PRECISION = 1e-16;
/** A factor this close to 1 changes nothing more; closer than rounding may never come. */
const SETTLED = 2e-15;
const TINY = 1e-300;
const MOST_TERMS = 1_000_000;

/**
 * ln P(a, x), the regularised lower incomplete gamma function, for a > 0; −∞ for x <= 0.
 * Power series where x < a + 1 (NIST DLMF 8.11.4), Lentz's continued fraction for Q elsewhere (DLMF 8.9.2), both in logs,
 * so that nothing under- or overflows: relative error of P below 1e-9 up to a = 1e5.
 */
export function logGammaP(a: number, x: number): number {
  if (!(x > 0)) return -Infinity;
  const front = a * Math.log(x) - x;
  if (x < a + 1) return front - logGamma(a + 1) + Math.log(gammaSeries(a, x));
  return Math.log1p(-Math.exp(front - logGamma(a) + Math.log(continuedFraction(a, x))));
}

/** ln Q(a, x), the regularised upper incomplete gamma function, for a > 0; 0 for x <= 0. Far in the tail it keeps every digit, where 1 − P has none left. */
export function logGammaQ(a: number, x: number): number {
  if (!(x > 0)) return 0;
  const front = a * Math.log(x) - x;
  if (x < a + 1) return Math.log1p(-Math.exp(front - logGamma(a + 1) + Math.log(gammaSeries(a, x))));
  return front - logGamma(a) + Math.log(continuedFraction(a, x));
}

/** Σ x^k / ((a + 1) … (a + k)), from k = 0; converges for every x, fast for x < a + 1. */
export function gammaSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < MOST_TERMS && term > sum * PRECISION; k += 1) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

/** Modified Lentz evaluation of Γ(a, x) e^x x^−a. */
function continuedFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k < MOST_TERMS; k += 1) {
    const an = -k * (k - a);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < SETTLED) break;
  }
  return h;
}

function nonZero(value: number): number { return Math.abs(value) < TINY ? TINY : value; }
