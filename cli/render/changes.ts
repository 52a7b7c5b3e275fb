import type { RolloutView } from '../../api/contract.ts';
import { rolloutHeadline, whereIs } from './rollout.ts';
import { renderMoney } from './verdict.ts';

/** What happened between two looks at a rollout; `text` for people, the rest for machines. */
export interface Change { readonly type: 'rollout' | 'stage' | 'story' | 'verdict' | 'outcome'; readonly rollout: number; readonly text: string; readonly value: unknown }

export function changesBetween(before: RolloutView | null, after: RolloutView): readonly Change[] {
  const { rollout, verdict } = after;
  const change = (type: Change['type'], text: string, value: unknown): Change => ({ type, rollout: rollout.n, text, value });
  const changes: Change[] = before === null ? [change('rollout', rolloutHeadline(rollout), { model: rollout.model, champion: rollout.champion?.model ?? null })] : [];
  for (const line of rollout.story.slice(before?.rollout.story.length ?? 0)) changes.push(change('story', line.text, line));
  if (before !== null && whereIs(before.rollout) !== whereIs(rollout) && rollout.state.stage !== 'done') changes.push(change('stage', `now: ${whereIs(rollout)}`, { stage: rollout.state.stage, step: rollout.state.step, paused: rollout.state.paused }));
  const spoken = verdict === null ? null : verdictText(after);
  if (verdict !== null && spoken !== null && (before?.verdict == null || verdictKey(before.verdict) !== verdictKey(verdict))) changes.push(change('verdict', spoken, verdict));
  if (rollout.state.stage === 'done' && before?.rollout.state.stage !== 'done') changes.push(change('outcome', `rollout ${rollout.n} ended: ${rollout.state.outcome ?? 'done'}`, { outcome: rollout.state.outcome }));
  return changes;
}

/** A new judgement that says the same is no change. */
function verdictKey(verdict: NonNullable<RolloutView['verdict']>): string { return `${verdict.kind} ${verdict.reasons.map((reason) => `${reason.code}/${reason.metric ?? ''}`).join(' ')}`; }

function verdictText({ verdict }: RolloutView): string {
  if (verdict === null) return '';
  const money = verdict.money === null ? '' : `; money: ${renderMoney(verdict.money)}`;
  return `verdict ${verdict.kind}: ${verdict.reasons.map((reason) => reason.text).join(' ')}${money}`;
}
