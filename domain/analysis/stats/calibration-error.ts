const BINS = 10;

/**
 * Expected calibration error: Σ over bins of |mean outcome − mean probability| · share of rows, ten bins of equal width over [0, 1], the last one closed
 * (Naeini, Cooper, Hauskrecht, AAAI 2015; Guo et al., ICML 2017, arXiv 1706.04599). It is biased upwards on few rows. NaN without rows.
 */
export function calibrationError(rows: readonly { readonly probability: number; readonly outcome: 0 | 1 }[]): number {
  const gaps = new Array<number>(BINS).fill(0);
  for (const { probability, outcome } of rows) {
    const bin = Math.min(BINS - 1, Math.floor(probability * BINS));
    gaps[bin] = (gaps[bin] ?? 0) + outcome - probability;
  }
  return rows.length === 0 ? NaN : gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / rows.length;
}
