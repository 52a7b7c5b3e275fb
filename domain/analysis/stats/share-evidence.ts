import { logGamma } from './log-gamma.ts';

/** Answers counted under one promised share. */
export interface ShareCell { readonly challengerPer10k: number; readonly challenger: number; readonly total: number }

/** Weight of the promised shares in the Dirichlet prior; larger finds smaller deviations, later. */
const KAPPA = 100;

/**
 * ln of the e-value against "callers were split as the route promised": Dirichlet–multinomial mixture (Lindon and Malek, NeurIPS 2022).
 * For one cell ln E = ln Γ(κ) − ln Γ(κ+n) + Σ_j [ln Γ(κ p_j + n_j) − ln Γ(κ p_j)] − Σ_j n_j ln p_j; cells multiply. Nothing is split at 0 % and 100 %.
 */
export function logShareEvidence(cells: readonly ShareCell[]): number {
  return cells.reduce((sum, cell) => sum + (cell.challengerPer10k <= 0 || cell.challengerPer10k >= 10_000 ? 0 : cellEvidence(cell)), 0);
}

function cellEvidence({ challengerPer10k, challenger, total }: ShareCell): number {
  const p = challengerPer10k / 10_000;
  const parts = [[p, challenger], [1 - p, total - challenger]] as const;
  return parts.reduce((sum, [share, n]) => sum + logGamma(KAPPA * share + n) - logGamma(KAPPA * share) - n * Math.log(share), logGamma(KAPPA) - logGamma(KAPPA + total));
}
