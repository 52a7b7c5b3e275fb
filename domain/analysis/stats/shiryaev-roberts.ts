/**
 * e-Shiryaev–Roberts detector for bounded losses (Shin, Ramdas, Rinaldo, arXiv 2203.03532): H0 says that the conditional mean of x in [0, 1] is at most m.
 * e = 1 + λ(x − m), M ← e (1 + M), M_0 = 0; an alarm at M >= A comes falsely no more often than once in A observations on average, whatever the
 * dependence. λ in (0, 1/m] keeps e >= 0; several λ are averaged, which is an e-detector again.
 */
export interface Detector { readonly limit: number; /** λ m. */ readonly grid: readonly number[]; readonly m: number }
export const USUAL_GRID: readonly number[] = [0.03, 0.1, 0.3];

/** One M for each λ of the grid. */
export type DetectorState = readonly number[];
export function newDetectorState({ grid }: Pick<Detector, 'grid'>): DetectorState { return grid.map(() => 0); }

/** Losses outside [0, 1] are not losses of this kind: NaN in, NaN out, which is never an alarm and never quiet. */
export function detect({ grid, m }: Pick<Detector, 'grid' | 'm'>, state: DetectorState, loss: number): DetectorState {
  if (!(loss >= 0 && loss <= 1)) return state.map(() => NaN);
  return state.map((before, i) => (1 + ((grid[i] ?? 0) / m) * (loss - m)) * (1 + before));
}

/** The mean over the grid. */
export function detectorValue(state: DetectorState): number { return state.reduce((sum, each) => sum + each, 0) / state.length; }
export function isAlarm({ limit }: Pick<Detector, 'limit'>, state: DetectorState): boolean { return detectorValue(state) >= limit; }
