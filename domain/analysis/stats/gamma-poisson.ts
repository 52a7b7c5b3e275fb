import { logGamma } from './log-gamma.ts';
import { logGammaQ } from './log-incomplete-gamma.ts';
import { crossing } from './root.ts';

/**
 * Gamma-Poisson mixture for sums of counts-like differences of scale c (same paper as normal-mixture.ts, proposition 8), one-sided.
 * With r = ρ/c², b = (v + ρ)/c², a = s/c + b: ln m = r ln r − ln Γ(r) − ln Q(r, r) + ln Γ(a) + ln Q(a, b) − a ln b + v/c².
 */
export function gammaPoissonLogMixture({ rho, c }: { readonly rho: number; readonly c: number }, s: number, v: number): number {
  const r = rho / (c * c);
  const b = (v + rho) / (c * c);
  const a = s / c + b;
  return r * Math.log(r) - logGamma(r) - logGammaQ(r, r) + logGamma(a) + logGammaQ(a, b) - a * Math.log(b) + v / (c * c);
}

/** u(v): the sum beyond which ln m exceeds ln(1/α). */
export function gammaPoissonBound(of: { readonly rho: number; readonly c: number }, v: number, alpha: number): number {
  const limit = Math.log(1 / alpha);
  const beyond = (s: number): boolean => gammaPoissonLogMixture(of, s, v) > limit;
  let high = Math.sqrt(2 * (v + of.rho) * limit) + of.c * limit;
  while (!beyond(high)) high *= 2;
  return crossing(beyond, 0, high);
}
