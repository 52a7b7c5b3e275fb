import type { KillView } from '../../api/contract.ts';
import type { DirectResult } from '../break-glass/direct-kill.ts';
import { paint, type Io } from '../io.ts';
import { table, utc } from './table.ts';

type Colour = Pick<Io, 'color'>;

/** The proof on the screen: what, how fast, who confirmed, what answers now; and what is missing, first. */
export function renderKill(io: Colour, view: KillView): string {
  const { kill } = view;
  return [
    paint(io, kill.state === 'proved' ? 'good' : kill.state === 'unconfirmed' ? 'bad' : 'warn', `${kill.killId} of ${kill.deployment}: ${kill.state}`),
    view.sentence,
    ...kill.missing.map((each) => paint(io, 'bad', `missing: ${each}`)),
    ...(kill.bound === null ? [] : [paint(io, 'warn', `bound: ${kill.bound}`)]),
    times(view),
    ...(kill.gateways.length === 0 ? [] : [table(['gateway', 'state', 'under way', 'ended', 'drained', 'refused'], kill.gateways.map((each) => [each.gatewayId, each.state, String(each.inFlight), String(each.aborted), String(each.drained), String(each.refused)]))]),
    ...(kill.backends.length === 0 ? [] : [table(['backend', 'variant', 'state', 'answered', 'asked since'], kill.backends.map((each) => [each.backend, each.variantId, each.state, known(each.requests), known(each.requestsAfter)]))]),
    ...(kill.probes.length === 0 ? [] : [`probes on the real route: ${kill.probes.filter(({ result }) => result === 'clear').length} of ${kill.probes.length} clear`]),
    `answers now: ${kill.answering === null ? 'nobody, callers get 503' : `version ${kill.answering}`}`,
    paint(io, 'dim', `digest ${view.digest}`),
  ].join('\n');
}

function times({ kill, toFencedMs, toSilentMs, toProvedMs }: KillView): string {
  const after = (ms: number | null): string => (ms === null ? 'not yet' : `after ${ms} ms`);
  return `ordered ${utc(kill.requestedAtMs)} by ${kill.actor.name}; fenced ${after(toFencedMs)}, silent ${after(toSilentMs)}, proved ${after(toProvedMs)}`;
}

function known(count: number | null): string { return count === null ? '-' : String(count); }

/** A line a kill, newest first. */
export function renderKills(io: Colour, views: readonly KillView[]): string {
  return table(['kill', 'ordered', 'state', 'silent after', 'by', 'what'], views.map(({ kill, toSilentMs, sentence }) => [
    kill.killId, utc(kill.requestedAtMs), paint(io, kill.state === 'proved' || kill.state === 'revived' ? 'good' : 'bad', kill.state), toSilentMs === null ? '-' : `${toSilentMs} ms`, kill.actor.name, sentence,
  ]));
}

/** What a kill without the API did: every gateway and backend by name. */
export function renderDirect(io: Colour, { killId, gateways, backends, silent }: DirectResult): string {
  return [
    paint(io, silent ? 'good' : 'bad', `${killId}: ${silent ? 'every gateway of the last contact is silent' : 'NOT confirmed everywhere'}`),
    ...gateways.map((each) => each.ok
      ? `${paint(io, 'good', 'ok  ')} ${each.at} (${each.address}): ${each.answer.state}; ${each.answer.aborted} ended, ${each.answer.inFlight} under way; answers now: ${each.answer.answering === null ? 'nobody' : `version ${each.answer.answering}`}`
      : `${paint(io, 'bad', 'MISS')} ${each.at} (${each.address}): ${each.why}`),
    ...backends.map((each) => each.ok ? `${paint(io, 'good', 'ok  ')} ${each.at} (${each.address}): unloaded` : `${paint(io, 'bad', 'MISS')} ${each.at} (${each.address}): ${each.why}`),
    'The API learns of it from the gateways when it is back, completes the proof and writes the record: lastmile kills NAME',
  ].join('\n');
}
