import type { DeploymentLine, HealthAnswer } from '../api/contract.ts';
import type { DeploymentPhase } from '../domain/deployment-record.ts';
import { PHASE_LOOK } from './deployment-page.ts';
import { formatAgo } from './format.ts';
import { html, link, type Html } from './html.ts';
import { page, top } from './layout.ts';

/** All deployments, sick first, and whether lastmile itself is well. */
export function indexPage(lines: readonly DeploymentLine[], health: HealthAnswer, nowMs: number): string {
  const wrong = health.checks.filter(({ ok }) => !ok);
  return page('Deployments', html`${top(link(health.links.temporal, 'Temporal ↗'))}<h1>Deployments</h1>
<p class="sentence">${summary(lines)}</p>
${wrong.length === 0 ? null : html`<section class="card" role="status"><h2>lastmile itself</h2><ul class="plain">${wrong.map(({ name, detail }) => html`<li><span class="badge bad">${name}</span> ${detail}</li>`)}</ul></section>`}
${lines.length === 0 ? html`<section class="card"><p class="soft">Write a file with <code>lastmile init</code>, then <code>lastmile apply</code> it.</p></section>` : table(lines, nowMs)}
<footer>${link(health.links.gateway, 'Gateway')}<a href="/openapi.json">OpenAPI</a><a href="/schemas/v1alpha1.json">Schema of the file</a><span>lastmile ${health.version}</span></footer>`);
}

function summary(lines: readonly DeploymentLine[]): string {
  if (lines.length === 0) return 'Nothing is deployed yet.';
  const sick = lines.filter((line) => line.sick).length;
  const trying = lines.filter(({ phase }) => phase === 'rolling-out').length;
  const all = lines.length === 1 ? 'One deployment' : `${String(lines.length)} deployments`;
  return `${all}; ${sick === 0 ? 'none needs a person' : `${String(sick)} ${sick === 1 ? 'needs' : 'need'} a person`}${trying === 0 ? '' : `; ${String(trying)} ${trying === 1 ? 'tries' : 'try'} a new version`}.`;
}

function table(lines: readonly DeploymentLine[], nowMs: number): Html {
  return html`<section class="card scroll"><table><thead><tr><th>name</th><th>state</th><th>champion</th><th>challenger</th><th>in a sentence</th><th>file applied</th></tr></thead><tbody>${lines.map((line) => html`<tr class="${line.sick ? 'sick' : ''}">
<td><a href="/deployments/${line.name}"><strong>${line.name}</strong></a></td><td><span class="badge ${line.sick ? 'bad' : PHASE_LOOK[line.phase as DeploymentPhase]}">${line.phase}</span></td><td>${line.champion ?? '–'}</td><td>${line.challenger ?? '–'}</td><td>${line.sentence}</td><td>${formatAgo(line.updatedAtMs, nowMs)}</td></tr>`)}</tbody></table></section>`;
}
