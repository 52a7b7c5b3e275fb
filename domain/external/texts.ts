import { figure } from '../analysis/reason-texts.ts';
import type { ExternalFinding } from './finding.ts';

/** The words for an external metric, for engineers. */

const WHAT: Readonly<Record<ExternalFinding['compare'], string>> = { challenger: "the challenger's number", difference: 'challenger minus champion', ratio: 'challenger divided by champion' };

/** How a number may lie to its limit. */
export const ALLOWED: Readonly<Record<ExternalFinding['better'], string>> = { lower: 'at most', higher: 'at least' };

function allowed({ better, limit }: ExternalFinding): string { return `${ALLOWED[better]} ${figure(limit)}`; }

/** Why the finding keeps a challenger from being promoted, or ends the rollout. */
export function externalText(finding: ExternalFinding): string {
  const { metric, state, compare, good, failed, count, failureLimit, inconclusiveInARow, lastFailedValue, value, why, measuredAtMs } = finding;
  switch (state) {
    case 'fail': return `${metric}: ${WHAT[compare]} was ${figure(lastFailedValue)}, allowed is ${allowed(finding)}; ${failed} measurements failed, ${failureLimit} are let pass.`;
    case 'not-judged': return `${metric}: the last ${inconclusiveInARow} measurements gave nothing to judge by (${why ?? 'unknown'}).`;
    case 'no-data': return measuredAtMs === null ? `${metric}: has not been measured yet.` : `${metric}: ${why ?? 'the newest measurement is too old'}; a number that is missing or stale is not passed.`;
    case 'undecided': return `${metric}: ${WHAT[compare]} is ${figure(value)} (${allowed(finding)}); ${good} good measurements, ${count} needed${failed === 0 ? '' : `, ${failed} failed`}.`;
    case 'pass': return `${metric}: ${WHAT[compare]} is ${figure(value)}, allowed is ${allowed(finding)}; ${good} good measurements${failed === 0 ? '' : `, ${failed} failed`}.`;
  }
}

/** One line of an explanation. */
export function externalSummary(finding: ExternalFinding): string {
  return `${finding.metric} (external ${finding.role}): ${finding.state}; ${externalText(finding).slice(finding.metric.length + 2)}`;
}
