/** Times between η^k and η^(k+1) get one line each; the error of the k-th is spent as ζ(s) says. */
export interface Stitching { readonly vMin: number; readonly c: number; readonly s?: number; readonly eta?: number }

/** ζ(1.4), for the usual s. */
const ZETA_1_4 = 3.1055472779775810;
const TERMS = 50;

/**
 * Polynomial stitched bound (Howard, Ramdas, McAuliffe, Sekhon 2021, theorem 1, eq 10): no root to find, within a constant of the iterated logarithm.
 * u(v) = sqrt(k1² v l + (k2 c l)²) + k2 c l, l = s ln ln(η v/m) + ln(ζ(s)/(α (ln η)^s)), k1 = (η^¼ + η^−¼)/√2, k2 = (√η + 1)/2, v at least m. One-sided.
 */
export function stitchedBound({ vMin, c, s = 1.4, eta = 2 }: Stitching, v: number, alpha: number): number {
  const time = Math.max(v, vMin);
  const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2;
  const k2 = (Math.sqrt(eta) + 1) / 2;
  const l = s * Math.log(Math.log((eta * time) / vMin)) + Math.log(zeta(s) / (alpha * Math.log(eta) ** s));
  const linear = k2 * c * l;
  return Math.sqrt(k1 * k1 * time * l + linear * linear) + linear;
}

/** Riemann's ζ(s) for s > 1: a partial sum and the first terms of Euler and Maclaurin (NIST DLMF 25.2.9). */
function zeta(s: number): number {
  if (s === 1.4) return ZETA_1_4;
  let sum = 0;
  for (let n = 1; n < TERMS; n += 1) sum += n ** -s;
  return sum + TERMS ** (1 - s) / (s - 1) + TERMS ** -s / 2 + (s * TERMS ** (-s - 1)) / 12 - (s * (s + 1) * (s + 2) * TERMS ** (-s - 3)) / 720;
}
