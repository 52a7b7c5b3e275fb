import { logBetaI } from './log-incomplete-beta.ts';
import { normalQuantile } from './normal-distribution.ts';
import { crossing } from './root.ts';

/** Beyond this many degrees of freedom t is the normal distribution to twelve digits. */
const NORMAL_FROM = 1e12;

/** P(T > t) of Student's t with ν > 0 degrees of freedom, for t >= 0: ½ I_x(ν/2, ½) with x = ν/(ν + t²) (NIST DLMF 8.17, Abramowitz and Stegun 26.7.1). */
export function studentTail(t: number, freedom: number): number {
  if (t < 0) return 1 - studentTail(-t, freedom);
  return Math.exp(logBetaI(freedom / (freedom + t * t), freedom / 2, 0.5)) / 2;
}

/** t at which P(T > t) = p, for 0 < p <= ½. */
export function studentQuantile(p: number, freedom: number): number {
  if (freedom > NORMAL_FROM) return -normalQuantile(p);
  const below = (t: number): boolean => studentTail(t, freedom) < p;
  let high = 1;
  while (!below(high)) high *= 2;
  return crossing(below, 0, high);
}
