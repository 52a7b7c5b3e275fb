import { logBeta } from './log-gamma.ts';
import { logBetaI } from './log-incomplete-beta.ts';
import { crossing } from './root.ts';

/** Differences that fall by at most g and rise by at most h, scaled to variance g h at most (Hoeffding 1963 by the Bernoulli case). */
export interface BetaBinomial { readonly rho: number; readonly g: number; readonly h: number; readonly sides: 'two-sided' | 'one-sided' }

/** The r of the paper is kept from going to zero, where the mixture would end. */
const LEAST = 0.001;

/**
 * Beta-binomial mixture (same paper as normal-mixture.ts, proposition 7), with r = max(ρ − g h, .001 g h):
 * ln m = v/(g h) ln(g+h) − (v + h s)/(h(g+h)) ln g − (v − g s)/(g(g+h)) ln h + ln B(α_s, β_s) − ln B(α_0, β_0),
 * α = (r + v − g s)/(g(g+h)), β = (r + v + h s)/(h(g+h)). One-sided B(α, β) is B(α, β) I_x(α, β) in both terms, x = h/(g+h).
 */
export function betaBinomialLogMixture({ rho, g, h, sides }: BetaBinomial, s: number, v: number): number {
  const r = Math.max(rho - g * h, LEAST * g * h);
  const sum = g + h;
  const logB = (a: number, b: number): number => logBeta(a, b) + (sides === 'one-sided' ? logBetaI(h / sum, a, b) : 0);
  return (v / (g * h)) * Math.log(sum) - ((v + h * s) / (h * sum)) * Math.log(g) - ((v - g * s) / (g * sum)) * Math.log(h)
    + logB((r + v - g * s) / (g * sum), (r + v + h * s) / (h * sum)) - logB(r / (g * sum), r / (h * sum));
}

/** u(v): the sum beyond which ln m exceeds ln(1/α); it lies in (0, v/g), where the sum can go no further. */
export function betaBinomialBound(of: BetaBinomial, v: number, alpha: number): number {
  const limit = Math.log(1 / alpha);
  const most = v / of.g;
  const beyond = (s: number): boolean => betaBinomialLogMixture(of, s, v) > limit;
  return beyond(most) ? crossing(beyond, 0, most) : most;
}
