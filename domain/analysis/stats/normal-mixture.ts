import { logNormalCdf } from './normal-distribution.ts';
import { crossing } from './root.ts';

/**
 * Normal mixtures for sums S whose intrinsic time is V (Howard, Ramdas, McAuliffe, Sekhon, Ann. Statist. 49(2), 2021, arXiv 1810.08240, propositions 5 and 6).
 * ρ by tunedRho (gamma-exponential.ts) for the same sides.
 */
export function normalLogMixture(rho: number, s: number, v: number, sides: 'two-sided' | 'one-sided'): number {
  const two = Math.log(rho / (v + rho)) / 2 + (s * s) / (2 * (v + rho));
  // ½ ln 4 = ln 2: half of the mixture lies on the other side.
  return sides === 'two-sided' ? two : two + Math.log(2) + logNormalCdf(s / Math.sqrt(v + rho));
}

/** u(v): the sum beyond which ln m exceeds ln(1/α). Two-sided in closed form. */
export function normalBound(rho: number, v: number, of: { readonly alpha: number; readonly sides: 'two-sided' | 'one-sided' }): number {
  const limit = Math.log(1 / of.alpha);
  if (of.sides === 'two-sided') return Math.sqrt((v + rho) * (2 * limit + Math.log((v + rho) / rho)));
  const beyond = (s: number): boolean => normalLogMixture(rho, s, v, 'one-sided') > limit;
  let high = Math.sqrt(2 * (v + rho) * limit);
  while (!beyond(high)) high *= 2;
  return crossing(beyond, 0, high);
}
