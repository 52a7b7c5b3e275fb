import type { KillView } from '../api/contract.ts';
import type { KillState } from '../domain/kill/kill.ts';
import { formatTime } from './format.ts';
import { html, link, type Html } from './html.ts';

const LOOK: Readonly<Record<KillState, 'good' | 'bad' | 'warn' | ''>> = { fencing: 'warn', fenced: 'warn', silent: 'warn', proved: 'good', unconfirmed: 'bad', revived: '' };

/** A kill: how far it is, when each state was reached, who is missing, and what limits harm meanwhile. */
export function killCard({ kill, sentence, toFencedMs, toSilentMs, toProvedMs, digest, links }: KillView): Html {
  const times = [['gets no new request', toFencedMs], ['silent', toSilentMs], ['proved', toProvedMs]] as const;
  return html`<section class="card" role="status"><h2>Pull the plug</h2>
<p class="versions"><span class="badge ${LOOK[kill.state]}">${kill.state}</span> ${sentence}</p>
<ul class="plain"><li>ordered ${formatTime(kill.requestedAtMs)} by ${kill.actor.name} (${kill.via})${kill.reason === null ? ', no reason given yet' : `: ${kill.reason}`}</li>${times.map(([word, ms]) => html`<li>${word}: ${ms === null ? 'not yet' : `after ${String(ms)} ms`}</li>`)}</ul>
${kill.missing.length === 0 ? null : html`<p class="soft">Missing:</p><ul class="plain">${kill.missing.map((each) => html`<li><span class="badge bad">not confirmed</span> ${each}</li>`)}</ul><p class="soft">Bound: ${kill.bound ?? 'none'}</p>`}
<p class="soft">${link(links.self, kill.state === 'proved' ? 'Proof' : 'Record')} ${digest}</p></section>`;
}
