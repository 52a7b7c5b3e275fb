import type { RolloutView } from '../../api/contract.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { rolloutHeadline, whereIs } from './rollout.ts';
import { renderMoney } from './verdict.ts';

/** What happened between two looks at a rollout; `text` for people, the rest for machines. */
export interface Change { readonly type: 'rollout' | 'stage' | 'story' | 'verdict' | 'outcome'; readonly rollout: number; readonly text: string; readonly value: unknown }

export function changesBetween(before: RolloutView | null, after: RolloutView): readonly Change[] {
  const { rollout } = after;
  const change = (type: Change['type'], text: string, value: unknown): Change => ({ type, rollout: rollout.n, text, value });
  const { stage, step, paused, outcome } = rollout.state;
  const moved = before !== null && whereIs(before.rollout) !== whereIs(rollout);
  const running = stage !== 'done';
  const ended = !running && (moved || before === null);
  return [
    ...(before === null ? [change('rollout', rolloutHeadline(rollout), { model: rollout.model, champion: rollout.champion })] : []),
    ...rollout.story.slice(before?.rollout.story.length ?? 0).map((line) => change('story', line.text, line)),
    ...(moved && running ? [change('stage', `now: ${whereIs(rollout)}`, { stage, step, paused })] : []),
    ...newVerdict(before, after).map((verdict) => change('verdict', verdictText(verdict), verdict)),
    ...(ended ? [change('outcome', `rollout ${rollout.n} ended: ${outcome ?? 'done'}`, { outcome })] : []),
  ];
}

function newVerdict(before: RolloutView | null, { verdict }: RolloutView): readonly Verdict[] {
  if (verdict === null) return [];
  const earlier = before?.verdict ?? null;
  return earlier !== null && verdictKey(earlier) === verdictKey(verdict) ? [] : [verdict];
}

/** A new judgement that says the same is no change. */
function verdictKey(verdict: Verdict): string { return `${verdict.kind} ${verdict.reasons.map((reason) => `${reason.code}/${reason.metric ?? ''}`).join(' ')}`; }

function verdictText({ kind, reasons, money }: Verdict): string {
  return `verdict ${kind}: ${reasons.map((reason) => reason.text).join(' ')}${money === null ? '' : `; money: ${renderMoney(money)}`}`;
}
