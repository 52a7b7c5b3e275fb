import type { CaseAnswer, CaseLeg } from '../../api/contract.ts';
import type { Reign } from '../../domain/case/decided.ts';
import { formatShare } from '../../domain/share.ts';
import { table, utc } from './table.ts';

/** What is known of one inference, for people. */
export function caseText(answer: CaseAnswer): string {
  const { id, inferenceId, deployment, atMs, known, legs, outcomes, why, note, candidates } = answer;
  const served = legs.find(({ variantId, role }) => variantId === answer.served && role !== 'shadow');
  return [
    `${id}${inferenceId === null || inferenceId === id ? '' : ` = ${inferenceId}`}${deployment === null ? '' : `, ${deployment}`}${atMs === null ? '' : `, ${utc(atMs)} UTC`}`,
    ...(note === null ? [] : [note]),
    ...(served === undefined ? [] : [`${served.model ?? served.variantId} answered (${served.role}, route revision ${String(served.revision)}).`]),
    ...(legs.length === 0 ? [] : ['', table(['version', 'role', 'status', 'ms', 'answer'], legs.map(legCells))]),
    '', ...outcomeLines(outcomes),
    ...(why === null ? [] : ['', `Why it was live: ${reignText(why)}`]),
    ...(known === 'record' ? [] : candidates.flatMap(candidateLines)),
  ].join('\n');
}

function legCells(leg: CaseLeg): readonly string[] {
  const answer = leg.offContract === null ? leg.predictions.map((one) => `score ${one.score ?? '-'} class ${one.klass ?? '-'}`).join('; ') : `off contract: ${leg.offContract}`;
  return [leg.model ?? leg.variantId, leg.role, leg.error ?? String(leg.status), leg.latencyMs.toFixed(1), answer];
}

/** The newest of a row holds; the earlier ones are what was believed before. */
function outcomeLines(outcomes: CaseAnswer['outcomes']): readonly string[] {
  if (outcomes.length === 0) return ['outcome: not known yet'];
  const newest = new Map(outcomes.map((label) => [label.row, Math.max(...outcomes.filter(({ row }) => row === label.row).map(({ labelMs }) => labelMs))]));
  return outcomes.map((label) => `outcome of row ${String(label.row)}: ${String(label.value)} (known since ${utc(label.labelMs)}, from ${label.source})${label.labelMs === newest.get(label.row) ? '' : ', revised since'}`);
}

function reignText({ model, variantId, sinceMs, revision, auditSeq, rollout, verdict, by, reason }: Reign): string {
  const how = verdict === null ? '' : ` on verdict ${String(verdict.n)} (${verdict.kind}, ${verdict.reason})`;
  return [
    `${model ?? variantId} since ${utc(sinceMs)}${revision === null ? '' : `, route revision ${String(revision)}`}, by ${by.kind} ${by.name}${rollout === null ? '' : `, rollout ${String(rollout)}`}${how}${auditSeq === null ? '' : `, audit record ${String(auditSeq)}`}.`,
    ...(reason === null ? [] : [`  ${reason}`]), ...(verdict === null || verdict.text === reason ? [] : [`  ${verdict.text}`]),
  ].join('\n');
}

function candidateLines({ deployment, champion, shares }: CaseAnswer['candidates'][number]): readonly string[] {
  return [
    '', champion === null ? `${deployment}: nothing decided there yet.` : `${deployment}: ${champion.model ?? champion.variantId} decided then.`,
    ...shares.map(({ version, sharePer10k, rollout }) => `  Version ${version} answered ${formatShare(sharePer10k)} of callers then (rollout ${String(rollout)}); without the record it cannot be told which of them answered this one.`),
  ];
}
