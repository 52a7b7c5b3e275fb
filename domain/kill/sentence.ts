import type { Route } from '../traffic/route.ts';
import { isKilledId } from '../traffic/tombstones.ts';
import type { KillRecord } from './kill.ts';
import { answeringVersion } from './order.ts';

/** A kill in plain words: what, since when, who answers now, who is missing, and what limits harm meanwhile. */
export function killSentence(record: KillRecord): string {
  const answers = record.answering === null ? 'Nothing answers callers now: the deployment is closed.' : `Version ${record.answering} answers now.`;
  const missing = record.missing.length === 0 ? '' : ` Not confirmed: ${record.missing.join('; ')}. Bound: ${record.bound ?? 'none'}.`;
  return `${whatHappened(record)} ${answers}${missing}${outOfReach(record)}`;
}

/** A proof that holds without a gateway says so: what bounds it is the end of its lease or of the backend. */
function outOfReach({ state, gateways }: KillRecord): string {
  const lost = gateways.filter((each) => each.state === 'lease-ended' || each.state === 'absent').map(({ gatewayId }) => gatewayId);
  return state !== 'proved' || lost.length === 0 ? '' : ` Out of reach, and bounded by its lease or by the end of the backend: gateway ${lost.join(', ')}.`;
}

function whatHappened(record: KillRecord): string {
  const what = record.drillId === null ? subjectOf(record) : `${subjectOf(record)}, in a drill,`;
  const after = (atMs: number | null): string => atMs === null ? '' : ` after ${secondsText(atMs - record.requestedAtMs)}`;
  switch (record.state) {
    case 'revived':
      if (record.drillId === null) return `${what} was taken off and revived.`;
      return `${subjectOf(record)} was off in a drill and is back: ${record.silentAtMs === null ? 'never silent' : `silent${after(record.silentAtMs)}`}, ${record.provedAtMs === null ? 'NOT proved' : `proved${after(record.provedAtMs)}`}.`;
    case 'proved': return `${what} is off: silent${after(record.silentAtMs)}, proved${after(record.provedAtMs)}.`;
    case 'silent': return `${what} is off: silent${after(record.silentAtMs)}, not proved yet.`;
    case 'fenced': return `${what} gets no new request${after(record.fencedAtMs)}; requests under way are still ending.`;
    case 'fencing': return `${what} is being taken off; not every gateway obeys yet.`;
    case 'unconfirmed': return `${what} is taken off, but that is NOT confirmed; it is tried on.`;
  }
}

/** `Version 7 of churn`. */
function subjectOf({ scope, variants, deployment, targets }: KillRecord): string {
  if (scope.kind === 'all') return `All of ${deployment}`;
  const versions = [...new Set(variants.map(({ version }) => version))];
  if (versions.length === 0) return `${targets.join(', ')} in ${deployment}`;
  return `Version${versions.length === 1 ? '' : 's'} ${versions.join(', ')} of ${deployment}`;
}

/** `80 ms`, `1.2 s`: as precise as anyone needs who reads how long a stop took. */
export function secondsText(ms: number): string { return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`; }

/** That the version which decides is killed, for the line of its deployment; null when it is not. */
export function killedChampion(route: Route): string | null {
  if (route.champion === null || !isKilledId(route.tombstones, route.champion, route.variants)) return null;
  const answering = answeringVersion(route);
  return `Version ${route.variants[route.champion]?.version ?? route.champion} is killed; ${answering === null ? 'nothing answers callers' : `version ${answering} answers instead`}. Only a person revives it.`;
}
