import type { DeploymentView, RolloutView } from '../api/contract.ts';
import { explainForOwner } from '../domain/analysis/explain.ts';
import type { DeploymentPhase } from '../domain/deployment-record.ts';
import { killedChampion } from '../domain/kill/sentence.ts';
import { notMeasured } from '../domain/plan-notes.ts';
import { externalCard, fieldCard, findingsTable, moneyCard, notMeasuredCard, segmentsCard } from './findings.ts';
import { formatAgo, formatCount, formatPercent } from './format.ts';
import { html, link, type Html } from './html.ts';
import { killCard } from './kill-card.ts';
import { page, top } from './layout.ts';
import { modelOf } from '../domain/rollout/record.ts';
import { stages, story } from './rollout-story.ts';
import { splitBar } from './split-bar.ts';

export const PHASE_LOOK: Readonly<Record<DeploymentPhase, 'good' | 'bad' | 'warn' | ''>> = { empty: '', starting: '', serving: 'good', 'rolling-out': 'warn', attention: 'bad', retired: '' };

/** One deployment: a sentence, who answers, what was found, what it is worth, what nobody looks at, and how it came to this. */
export function deploymentPage(view: DeploymentView, nowMs: number): string {
  const { deployment: { name, status, updatedAtMs }, rollout, spec, links } = view;
  return page(name, html`${top(link(links.temporal, 'Temporal ↗'))}
<h1>${name} <span class="badge ${PHASE_LOOK[status.phase]}">${status.phase}</span></h1>
<p class="sentence" role="status">${sentence(view)}</p>
${traffic(view)}
${rollout === null ? null : rolloutCards(rollout)}
<div class="pair">${moneyCard(rollout?.verdict?.money ?? null)}${notMeasuredCard(rollout?.verdict?.notMeasured ?? notMeasured(spec))}</div>
${driftCard(view)}
${rollout === null ? null : html`<section class="card"><h2>Story of rollout ${rollout.rollout.n}</h2>${story(rollout.rollout)}</section>`}
<footer>${link(links.self, 'JSON')}${link(rollout?.links.temporal ?? null, 'Workflow in Temporal ↗')}<span>file applied ${formatAgo(updatedAtMs, nowMs)}</span><span>refreshes by itself</span></footer>`);
}

/** What changed in the champion's traffic; nothing where that is not watched. */
function driftCard({ drift, deployment: { name } }: DeploymentView): Html | null {
  if (drift === null) return null;
  return html`<section class="card"><h2>Drift ${drift.isChanged ? html`<span class="badge warn">changed</span>` : null}</h2><p>${drift.sentence}</p><p class="soft">${drift.toMs === null ? '' : `Up to ${new Date(drift.toMs).toISOString().slice(0, 16)}Z. `}<code>lastmile drift --of ${name}</code></p></section>`;
}

function traffic({ kill, route, drills }: DeploymentView): Html {
  return html`${kill === null ? null : killCard(kill)}
<section class="card"><h2>Who answers callers</h2>${route === null ? html`<p class="soft">There is no route yet.</p>` : splitBar(route)}${drills.standing === 'off' ? null : html`<p class="soft">${drills.sentence}</p>`}</section>`;
}

/** That the champion is killed, before all else. Otherwise the owner's words; what lastmile itself has to say comes behind where it needs somebody. */
function sentence({ deployment, rollout, route }: DeploymentView): string {
  const killed = route === null ? null : killedChampion(route);
  if (killed !== null) return killed;
  const words = explainForOwner({ deployment, rollout: rollout?.rollout ?? null, verdict: rollout?.verdict ?? null, progress: rollout?.progress ?? null });
  return deployment.status.phase === 'attention' ? `${words} ${deployment.status.message}` : words;
}

function rolloutCards({ rollout, verdict, progress }: RolloutView): Html {
  const outcome = rollout.state.outcome;
  return html`<section class="card"><h2>Rollout ${rollout.n}</h2><p class="versions"><strong>${rollout.model}</strong>${rollout.champion === null ? null : ` against ${rollout.champion.model}`}</p>${stages(rollout)}
<p class="soft">${outcome === null ? null : html`<span class="badge ${outcome === 'promoted' || outcome === 'first' ? 'good' : 'bad'}">${outcome}</span> `}${verdict === null ? 'No verdict yet.' : `Verdict ${String(verdict.n)}: ${verdict.kind}, by judge ${verdict.judgeVersion}. ${verdict.reasons[0]?.text ?? ''}`}${progress === null ? null : ` ${formatCount(progress.pairs)} requests answered by both; ${formatPercent(progress.labelCoverage)} of outcomes in.`}</p></section>
${verdict === null ? null : html`<section class="card"><h2>Findings</h2>${findingsTable(verdict)}</section>${fieldCard(verdict, (id) => modelOf(rollout, id))}${segmentsCard(verdict)}${externalCard(verdict)}`}`;
}
