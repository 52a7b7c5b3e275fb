import { formatDuration } from '../duration.ts';
import { externalSummary } from '../external/texts.ts';
import { formatMoney } from '../money.ts';
import type { Progress } from './blocks.ts';
import type { Explained } from './explained.ts';
import { figure, marginText, percent } from './reason-texts.ts';
import type { Finding, MoneyFinding, SegmentFinding, Verdict } from './verdict.ts';

export { explainForOwner } from './explain-owner.ts';
export type { Explained } from './explained.ts';

/** One paragraph with the numbers: state, verdict, reasons, findings, what the evidence is, what is not measured. */
export function explainForEngineer({ deployment, rollout, verdict, progress }: Explained): string {
  if (rollout === null) return `${deployment.name}: no rollout yet. ${deployment.status.message}`.trim();
  const parts = [
    `Rollout ${rollout.n} of ${deployment.name} tries ${rollout.model}${rollout.champion === null ? '' : ` against ${rollout.champion.model}`}; it ${rollout.state.outcome === null ? `is in ${rollout.state.stage}` : `ended ${rollout.state.outcome}`}.`,
    ...(verdict === null ? [rollout.state.verdict?.text ?? 'There is no verdict yet.'] : verdictParts(verdict)),
    ...(progress === null ? [] : [progressText(progress)]),
    ...(verdict === null || verdict.notMeasured.length === 0 ? [] : [`Not measured: ${verdict.notMeasured.join('; ')}.`]),
  ];
  return parts.join(' ');
}

function verdictParts(verdict: Verdict): readonly string[] {
  return [
    `Verdict ${verdict.n}: ${verdict.kind} (${verdict.reasons.map(({ code }) => code).join(', ')}) after ${verdict.cycles} whole cycles.`,
    ...verdict.reasons.map(({ text }) => text),
    ...verdict.findings.map(findingText), ...(verdict.segments ?? []).map(segmentText), ...(verdict.external ?? []).map(externalSummary),
    ...(verdict.money === null ? [] : [moneyText(verdict.money)]),
    ...(verdict.evidenceHash === null ? [] : [`Evidence ${verdict.evidenceHash}, judge ${verdict.judgeVersion}.`]),
  ];
}

function findingText({ metric, role, state, estimate, lower, lowerFull, upper, alpha, margin, marginMoney, blocks, requests, fast }: Finding): string {
  if (estimate === null) return `${metric} (${role}): ${state}.`;
  const full = lowerFull === null ? '' : `, in full ${figure(lowerFull)}`;
  return `${metric} (${role}): ${state}; estimate ${figure(estimate)}, lower ${figure(lower)}${full}, upper ${figure(upper)}, alpha ${figure(alpha)}, margin ${figure(margin)}${marginText(marginMoney)}, ${blocks} blocks, ${requests} requests${fast === undefined ? '' : `; engine fast ${fast.isBurntIn ? `${figure(fast.lower)} to ${figure(fast.upper)}${fast.isLongRun ? ' by the long-run variance' : ''}` : 'not burnt in'}`}.`;
}

function segmentText({ metric, segment, state, estimate, lower, upper, margin, blocks, requests }: SegmentFinding): string {
  return estimate === null ? `${metric} for ${segment ?? 'all'}: no-data.` : `${metric} for ${segment ?? 'all'}: ${state}; estimate ${figure(estimate)}, lower ${figure(lower)}, upper ${figure(upper)}, margin ${figure(margin)}, ${blocks} blocks, ${requests} requests.`;
}

function moneyText({ currency, perRequestMicros, lowerMicros, upperMicros, totalMicros, requests }: MoneyFinding): string {
  const text = (micros: number): string => formatMoney({ micros, currency });
  return `Money: ${text(perRequestMicros)} per request (${text(lowerMicros)} to ${text(upperMicros)}), ${text(totalMicros)} over ${requests} requests.`;
}

function progressText({ pairs, openSlots, labelCoverage, labelDelayMs, duplicates }: Progress): string {
  const delay = labelDelayMs === null ? '' : `, ${formatDuration(Math.round(labelDelayMs / 1_000) * 1_000)} after their requests`;
  return `Not sealed yet: ${openSlots} slots; ${pairs} pairs seen, ${percent(labelCoverage)} of needed outcomes in${delay}; ${duplicates} duplicates left out.`;
}
