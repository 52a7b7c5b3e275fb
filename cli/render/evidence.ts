import type { BundleCheck } from '../../domain/evidence/verify.ts';
import type { Rejudged } from '../../domain/evidence/rejudge.ts';
import { modelOf, modelTried } from '../../domain/rollout/record.ts';
import type { Io } from '../io.ts';
import { table, utc } from './table.ts';
import { renderExternal, renderField, renderFindings, renderSegments } from './verdict.ts';

/** What the judge, asked again, says of the stored verdict. */
export function rejudgedText(rejudged: Rejudged): string {
  switch (rejudged.state) {
    case 'same': return 'The judge, asked again on these blocks, gives the stored verdict to the last digit.';
    case 'not-judged': return 'The verdict rests on no blocks (a first version, a check, or a person): there is nothing to judge again.';
    case 'other-version': return `The verdict is of judge ${rejudged.stored}, this is judge ${rejudged.here}: hashes and seal are checked, the judgement is not repeated.`;
    case 'differs': return `The judge, asked again, says ${rejudged.kind} and differs in ${rejudged.members.join(', ')}.`;
  }
}

type Parts = NonNullable<BundleCheck['parts']>;

/** One page for a person. */
export function bundleSummary(io: Pick<Io, 'color'>, checked: BundleCheck): string {
  const { about, parts, problems } = checked;
  if (about === null || parts === null) return problems.map(({ where, problem }) => `${where} ${problem}`).join('\n');
  const { verdict, rollout, routeChanges } = parts;
  return [
    `${about.deployment}, rollout ${about.rollout} (${modelTried(rollout)}${rollout.champion === null ? '' : ` against ${rollout.champion.model}`}), verdict ${about.verdict}: ${verdict.kind}`,
    ...verdict.reasons.map(({ text }) => `  ${text}`),
    ...renderField(io, verdict, (id) => modelOf(rollout, id)), ...(verdict.findings.length === 0 ? [] : ['', renderFindings(io, verdict)]), ...renderSegments(io, verdict), ...renderExternal(io, verdict),
    '', table(['part', 'holds'], [...partRows(parts), ...sealRows(checked)]),
    ...(routeChanges.length === 0 ? [] : ['', table(['seq', 'at', 'route change'], routeChanges.map(({ seq, atMs, reason }) => [String(seq), utc(atMs), reason ?? '']))]),
    ...problems.map(({ where, problem }) => `PROBLEM ${where}: ${problem}`),
  ].join('\n');
}

function partRows({ verdict, plan, blocks, variants, routeChanges, audit, checkpoint, workflow, approvals, kills }: Parts): readonly (readonly string[])[] {
  const short = blocks.filter(({ state }) => state === 'short').length;
  const newest = Math.max(0, ...[...audit, ...routeChanges].map(({ seq }) => seq));
  return [
    ['plan', plan === null ? 'none: not judged on evidence' : `${plan.state}, goal ${plan.goal}, ${plan.metrics.length} metrics, ${verdict.planHash ?? ''}`],
    ['blocks', `${blocks.length} sealed, ${short} short; evidence ${verdict.evidenceHash ?? 'none'}`],
    ['variants', variants.map(({ model, artifactDigest, attestation }) => `${model} ${artifactDigest.slice(0, 19)}… (${attestation})`).join(', ') || 'none stored'],
    ['route changes', String(routeChanges.length)],
    ['audit records', `${audit.length + routeChanges.length}, newest ${newest}; ${checkpoint === null ? 'no checkpoint covers them yet' : `covered by checkpoint ${checkpoint.seq} of ${utc(checkpoint.atMs)}`}`],
    ['approvals, kills', `${approvals.length}, ${kills.length}`],
    ['workflow', [workflow.workflowId, ...(workflow.runId === null ? [] : [`run ${workflow.runId}`]), ...(workflow.link === null ? [] : [workflow.link])].join(', ')],
  ];
}

function sealRows({ about, rejudged, root, keyId }: BundleCheck): readonly (readonly string[])[] {
  return [['judge', `${about?.judgeVersion ?? ''}; ${rejudged === null ? 'cannot be asked again' : rejudgedText(rejudged)}`], ['seal', `root ${root ?? ''}, key ${keyId ?? ''}`]];
}
