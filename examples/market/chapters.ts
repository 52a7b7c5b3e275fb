import type { RolloutView } from '../../api/contract.ts';
import type { Finding, MoneyFinding, Reason } from '../../domain/analysis/verdict.ts';
import type { Outcome } from '../../domain/rollout/machine.ts';

/** What the API said about one version, and nothing else. */
export interface Chapter {
  readonly version: string;
  readonly model: string;
  readonly rollout: number;
  readonly outcome: Outcome | null;
  readonly verdict: string | null;
  readonly reasons: readonly Reason[];
  readonly money: MoneyFinding | null;
  readonly findings: readonly Finding[];
  readonly stages: readonly string[];
  readonly links: RolloutView['links'];
}

export function chapterOf(version: string, { rollout, verdict, links }: RolloutView): Chapter {
  return {
    version, model: rollout.model, rollout: rollout.n, outcome: rollout.state.outcome, verdict: verdict?.kind ?? rollout.state.verdict?.kind ?? null,
    reasons: verdict?.reasons ?? (rollout.state.verdict === null ? [] : [{ code: rollout.state.verdict.reason, metric: rollout.state.verdict.metric, text: rollout.state.verdict.text }]),
    money: verdict?.money ?? null, findings: verdict?.findings ?? [], stages: [...new Set(rollout.story.map((line) => line.stage))], links,
  };
}

/** What the story promises and the verdicts do not show; empty when all of it happened. */
export function whatIsMissing(chapters: readonly Chapter[]): readonly string[] {
  const of = (version: string): Chapter | undefined => chapters.find((chapter) => chapter.version === version);
  return [
    ...expect(of('1'), 'version 1 did not become the first champion', (it) => it.outcome === 'first' || it.outcome === 'promoted'),
    ...expect(of('2'), 'version 2 was not promoted on proved money', (it) => it.outcome === 'promoted' && because(it, ['proved-better'], 'value') && (it.money?.lowerMicros ?? 0) > 0),
    ...expect(of('3'), 'version 3 was not rolled back for answers off contract, in shadow or canary', (it) => it.outcome === 'rolled-back' && because(it, ['guardrail', 'safety'], 'off-contract')),
    ...expect(of('4'), 'version 4 was not stopped for a proved loss of money', (it) => it.outcome === 'rolled-back' && because(it, ['proved-worse', 'guardrail', 'safety'], 'value') && (it.money?.upperMicros ?? 0) < 0),
  ];
}

function expect(chapter: Chapter | undefined, otherwise: string, holds: (chapter: Chapter) => boolean): readonly string[] {
  if (chapter === undefined) return [`${otherwise}: it had no rollout`];
  return holds(chapter) ? [] : [`${otherwise}: it ended ${chapter.outcome ?? 'nowhere'} (${chapter.verdict ?? 'no verdict'}: ${chapter.reasons.map((reason) => reason.text).join(' ') || 'no reason'})`];
}

function because({ reasons, findings }: Chapter, codes: readonly Reason['code'][], metric: string): boolean {
  const proved = reasons.some((reason) => codes.includes(reason.code) && (reason.metric === metric || reason.metric === null));
  return proved && findings.some((finding) => finding.metric === metric && (finding.state === 'pass' || finding.state === 'fail'));
}

const HEALTH = ['errors', 'latency', 'off-contract'];

/** What a canary that only looks at health would have seen, against what the money says. Every number is the verdict's. */
export function healthAgainstMoney({ findings, money }: Chapter, format: (money: MoneyFinding) => string): readonly string[] {
  const health = findings.filter((finding) => HEALTH.includes(finding.metric)).map((finding) => `  ${finding.metric}: ${healthWord(finding)} (${finding.estimate === null ? 'no estimate' : percent(finding.estimate)} of ${finding.requests.toLocaleString('en-US')} answers, limit ${percent(finding.margin)})`);
  return ['What a check of health alone saw:', ...health, 'What the money says:', `  ${money === null ? 'not measured' : format(money)}`];
}

function healthWord({ state }: Finding): string { return state === 'fail' ? 'bad' : state === 'no-data' ? 'no data' : state === 'pass' ? 'green' : 'nothing against it'; }
/** Rates are oriented larger = better in the documents of paired metrics only; a rate is shown as it is. */
function percent(share: number): string { return `${(Math.abs(share) * 100).toFixed(2)} %`; }
