import type { ExternalFinding } from '../external/finding.ts';
import type { AnalysisPlan } from './plan.ts';
import { SHARE_MISMATCH } from './thresholds.ts';
import type { Finding } from './verdict.ts';

/** States of a metric of outcomes that say no more than "not yet". */
const AWAITED: readonly Finding['state'][] = ['no-data', 'undecided', 'pass'];

/**
 * Whether all that can be known without outcomes is proved, over enough whole cycles of traffic, so that callers may get the challenger while its outcomes are awaited.
 * It is no proof of outcomes and spends no alpha: what they say later decides, at the levels that it always has.
 */
export function mayServeProvisionally(plan: AnalysisPlan, of: { readonly findings: readonly Finding[]; readonly external: readonly ExternalFinding[]; readonly logShareEvidence: number; readonly cycles: number }): boolean {
  if (plan.provisional === undefined || of.cycles < plan.provisional.minCycles) return false;
  if (plan.splitBy !== 'key' && of.logShareEvidence > Math.log(SHARE_MISMATCH)) return false;
  const onOutcomes = new Set(plan.metrics.filter(({ needsLabels }) => needsLabels).map(({ name }) => name));
  return of.findings.every(({ metric, state }) => (onOutcomes.has(metric) ? AWAITED.includes(state) : state === 'pass')) && of.external.every(({ state }) => state === 'pass');
}
