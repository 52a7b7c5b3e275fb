/** Coefficients B(2k) / (2k (2k − 1)) of Stirling's series (NIST DLMF 5.11.1). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
const HALF_LOG_TWO_PI = 0.9189385332046727;
/** From here on eight terms of the series are exact to the last digits. */
const LARGE = 10;

/** ln Γ(x) for x > 0: Stirling's series, reached by Γ(x) = Γ(x + 1)/x where x is small. NaN for x <= 0. */
export function logGamma(x: number): number {
  if (!(x > 0)) return NaN;
  let product = 1;
  let shifted = x;
  for (; shifted < LARGE; shifted += 1) product *= shifted;
  return stirling(shifted) - Math.log(product);
}

function stirling(x: number): number {
  let sum = 0;
  let power = 1 / x;
  for (const coefficient of STIRLING) {
    sum += coefficient * power;
    power /= x * x;
  }
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + sum;
}

/** ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b). */
export function logBeta(a: number, b: number): number { return logGamma(a) + logGamma(b) - logGamma(a + b); }
