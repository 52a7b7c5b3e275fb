import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { RolloutPlan } from '../domain/rollout/plan.ts';
import { isProvisional } from '../domain/rollout/machine.ts';
import { explainApproval } from '../domain/rollout/approval.ts';
import { formatTime } from './format.ts';
import { html, type Html } from './html.ts';

const PATH = ['validating', 'packaging', 'loading', 'shadowing', 'admitting', 'canary', 'promoting', 'done'] as const;
const WORDS: Readonly<Record<(typeof PATH)[number], string>> = {
  validating: 'validate', packaging: 'package', loading: 'load', shadowing: 'shadow', admitting: 'admit', canary: 'canary', promoting: 'promote', done: 'done',
};

function leftOut({ mode, compare }: RolloutPlan): readonly string[] { return mode === 'first' ? ['shadowing', 'admitting', 'canary'] : [compare === 'split' ? 'shadowing' : 'admitting']; }

/** How far the rollout is; off the path (undoing, asking) it is said in a badge. */
export function stages({ state, plan }: RolloutRecord): Html {
  const at = PATH.findIndex((stage) => stage === state.stage);
  const path = PATH.filter((stage) => !leftOut(plan).includes(stage));
  const look = (stage: (typeof PATH)[number]): string => stage === state.stage ? 'now' : PATH.indexOf(stage) < at ? 'done' : '';
  return html`<ol class="steps">${path.map((stage) => html`<li class="${look(stage)}">${WORDS[stage]}${stage === 'canary' && state.stage === 'canary' ? isProvisional(plan, state) ? ' 100 %, provisional' : ` ${String(state.step + 1)}/${String(plan.steps.length)}` : null}</li>`)}</ol>
${at === -1 ? html`<p class="soft"><span class="badge warn">${state.stage}</span></p>` : null}${state.paused ? html`<p class="soft"><span class="badge warn">paused</span> no next step until resumed</p>` : null}${state.stage !== 'done' && state.heldBy ? html`<p class="soft"><span class="badge warn">held</span> ${state.heldBy}</p>` : null}${state.stage === 'approving' && plan.approval && state.approval ? html`<p role="status">${explainApproval(plan.approval, state.approval)}</p>` : null}`;
}

/** Newest first. */
export function story({ story: lines }: RolloutRecord): Html {
  return html`<ol class="story">${[...lines].reverse().map(({ atMs, text }) => html`<li><time datetime="${new Date(atMs).toISOString()}">${formatTime(atMs)}</time><span>${text}</span></li>`)}</ol>`;
}
