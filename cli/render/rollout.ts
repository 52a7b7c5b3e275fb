import type { RolloutView } from '../../api/contract.ts';
import { isProvisional, type Stage } from '../../domain/rollout/machine.ts';
import { modelOf, type RolloutRecord } from '../../domain/rollout/record.ts';
import { formatShare } from '../../domain/share.ts';
import { paint, type Io } from '../io.ts';
import { askOf, heldOf } from './approval.ts';
import { utc } from './table.ts';
import { renderExternal, renderField, renderFindings, renderMoney, renderSegments, toneOfVerdict } from './verdict.ts';

const TIMELINE: readonly Stage[] = ['validating', 'packaging', 'loading', 'shadowing', 'canary', 'promoting'];
/** Where traffic is split there is no shadow. */
const SPLIT_TIMELINE: readonly Stage[] = TIMELINE.map((stage) => (stage === 'shadowing' ? 'admitting' : stage));

/** One line: number, models, where it is or how it ended. */
export function rolloutHeadline(rollout: RolloutRecord): string {
  const from = rollout.champion === null ? '' : ` against ${rollout.champion.model}`;
  const others = rollout.plan.contenders === undefined ? '' : ` and ${rollout.plan.contenders.join(', ')}`;
  return `rollout ${rollout.n}: ${rollout.model}${others}${from}: ${whereIs(rollout)}`;
}

export function whereIs({ state, plan }: RolloutRecord): string {
  if (state.stage === 'done') return state.outcome ?? 'done';
  if (isProvisional(plan, state)) return `canary, provisional (100%)${state.paused ? ', paused' : ''}${state.heldBy ? ', held' : ''}`;
  const share = plan.steps[state.step]?.sharePer10k;
  const step = state.stage === 'canary' && share !== undefined ? `canary, step ${state.step + 1} of ${plan.steps.length} (${formatShare(share)})` : state.stage;
  return `${step}${state.paused ? ', paused' : ''}${state.heldBy ? ', held' : ''}`;
}

/** The block that `watch` redraws: headline, timeline, evidence so far, the newest lines of the story. */
export function renderRollout(io: Pick<Io, 'color'>, view: RolloutView): string {
  const { rollout, verdict, progress } = view;
  const lines = [paint(io, 'bold', rolloutHeadline(rollout)), timeline(io, rollout), ...askOf(rollout), ...heldOf(rollout)];
  if (progress !== null) lines.push(`${progress.pairs.toLocaleString('en-US')} pairs, ${progress.openSlots} slots open, outcomes known ${progress.labelCoverage === null ? '-' : formatPercent(progress.labelCoverage)}`);
  if (verdict !== null) lines.push('', renderVerdict(io, view));
  lines.push('', ...rollout.story.slice(-6).map((line) => `  ${paint(io, 'dim', utc(line.atMs))}  ${line.text}`));
  if (view.links.temporal !== null) lines.push('', paint(io, 'dim', view.links.temporal));
  return lines.join('\n');
}

function renderVerdict(io: Pick<Io, 'color'>, { verdict, rollout }: RolloutView): string {
  if (verdict === null) return '';
  const head = `${paint(io, toneOfVerdict(verdict.kind), verdict.kind)}: ${verdict.reasons.map((reason) => reason.text).join(' ')}`;
  const money = verdict.money === null ? [] : [`money: ${renderMoney(verdict.money)}`];
  return [head, ...renderField(io, verdict, (id) => modelOf(rollout, id)), ...(verdict.findings.length === 0 ? [] : [renderFindings(io, verdict)]), ...renderSegments(io, verdict), ...renderExternal(io, verdict), ...money].join('\n');
}

function timeline(io: Pick<Io, 'color'>, { state, plan }: RolloutRecord): string {
  const stages = plan.compare === 'split' ? SPLIT_TIMELINE : TIMELINE;
  const at = state.stage === 'done' ? (state.outcome === 'promoted' || state.outcome === 'first' ? stages.length : -1) : stages.indexOf(state.stage);
  const parts = stages.map((stage, i) => (i < at ? paint(io, 'good', stage) : i === at ? paint(io, 'bold', `[${stage}]`) : paint(io, 'dim', stage)));
  return at === -1 ? `${parts.join(' > ')} > ${paint(io, 'bad', state.outcome ?? state.stage)}` : parts.join(' > ');
}

function formatPercent(share: number): string { return `${(share * 100).toFixed(0)} %`; }
