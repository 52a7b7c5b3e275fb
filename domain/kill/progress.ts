import type { VariantId } from '../ids.ts';
import type { VariantQuiet } from '../traffic/table.ts';
import type { BackendFence, FenceState, GatewayFence, KilledVariant, KillRecord, KillState, Probe } from './kill.ts';

/** A gateway as it last said: which revision of this deployment it obeys, and what is under way to the killed variants. */
export interface SeenGateway {
  readonly gatewayId: string;
  readonly incarnation: number;
  readonly revision: number | null;
  readonly quiet: Readonly<Record<VariantId, VariantQuiet>>;
  readonly leaseUntilMs: number;
}

/** What is known at one moment. `probes` is the newest round, or the last one where none was made. */
export interface Observation {
  readonly nowMs: number;
  readonly revision: number | null;
  readonly gateways: readonly SeenGateway[];
  readonly backends: readonly BackendFence[];
  readonly probes: readonly Probe[];
  readonly answering: string | null;
}

/** After this long what has not confirmed is named, and the kill counts as unconfirmed. */
export const PATIENCE_MS = 10_000;
/** A drain lets requests come to their end: at most the serving deadline of the gateways. Until then nothing is late but a gateway that does not obey. */
export const DRAIN_MS = 30_000;

/**
 * One look at a kill (decision D4): pure and idempotent. States only follow from what is seen; a time once taken stays. A gateway that cannot be
 * reached is never taken for silent: the end of its lease bounds challengers, and a champion only where the deployment fails closed; otherwise
 * nothing but the backend's end does, and until then the record names the gateway and says that there is no bound.
 */
export function advanceKill(record: KillRecord, seen: Observation): KillRecord {
  if (record.state === 'revived') return record;
  const gateways = fences(record, seen);
  const sight: KillRecord = { ...record, revision: seen.revision ?? record.revision, gateways, backends: seen.backends, probes: seen.probes, answering: seen.answering };
  // Silence is dated before probes are weighed: one that was asked earlier says nothing of what answers now.
  const now: KillRecord = { ...sight, silentAtMs: since(record.silentAtMs, isSilent(sight), seen.nowMs) };
  const reached = reach(now);
  const missing = reached === 'proved' ? [] : whatIsMissing(now);
  const isLate = missing.length > 0 && seen.nowMs - (record.recordedAtMs ?? record.requestedAtMs) > (isDraining(now) ? DRAIN_MS + PATIENCE_MS : PATIENCE_MS);
  return {
    ...now, state: isLate ? 'unconfirmed' : reached, missing, bound: missing.length === 0 ? null : boundOf(now),
    fencedAtMs: since(record.fencedAtMs, reached !== 'fencing', seen.nowMs),
    provedAtMs: since(record.provedAtMs, reached === 'proved', seen.nowMs),
  };
}

function reach(now: KillRecord): Exclude<KillState, 'unconfirmed' | 'revived'> {
  if (!isFenced(now)) return 'fencing';
  if (!isSilent(now)) return 'fenced';
  return backendsAreDone(now) && probesAreClear(now) ? 'proved' : 'silent';
}

/** No new request can reach the killed variants through a gateway. */
function isFenced(now: KillRecord): boolean { return now.revision !== null && now.gateways.every((fence) => OBEYS[fence.state] || isBounded(now, fence)); }

/** Nor is one under way. What is left is the proof: backends and probes. */
export function isSilent(now: KillRecord): boolean { return isFenced(now) && now.gateways.every(({ state }) => state !== 'fenced'); }

function isDraining(now: KillRecord): boolean { return now.inFlight === 'drain' && isFenced(now) && !isSilent(now); }

/** The time at which a state was first reached stays. */
function since(before: number | null, reached: boolean, nowMs: number): number | null { return before ?? (reached ? nowMs : null); }

const OBEYS: Readonly<Record<FenceState, boolean>> = { waiting: false, fenced: true, silent: true, 'lease-ended': false, absent: false, stopped: true };

/** Every gateway of the record or the registry, each once, in order of its name. */
function fences(record: KillRecord, seen: Observation): readonly GatewayFence[] {
  const ids = [...new Set([...record.gateways, ...seen.gateways].map(({ gatewayId }) => gatewayId))].sort();
  return ids.flatMap((id) => {
    const before = record.gateways.find(({ gatewayId }) => gatewayId === id) ?? null;
    const gateway = seen.gateways.find(({ gatewayId }) => gatewayId === id);
    if (gateway === undefined) return before === null ? [] : [stopped(before, seen.nowMs)];
    return [fence(record, seen, { before, gateway })];
  });
}

/** It said goodbye, or a person declared it gone: nothing answers there. */
function stopped(before: GatewayFence, nowMs: number): GatewayFence {
  return { ...before, state: 'stopped', inFlight: 0, fencedAtMs: before.fencedAtMs ?? nowMs, silentAtMs: before.silentAtMs ?? nowMs };
}

function fence(record: KillRecord, seen: Observation, { before, gateway }: { before: GatewayFence | null; gateway: SeenGateway }): GatewayFence {
  const { gatewayId, incarnation, leaseUntilMs } = gateway;
  const counts = quietOf(record, gateway);
  const revision = seen.revision ?? record.revision;
  const obeys = revision !== null && gateway.revision !== null && gateway.revision >= revision;
  const state = stateOf(record, { before, gateway, obeys, inFlight: counts.inFlight, nowMs: seen.nowMs });
  const keeps = before?.incarnation === incarnation;
  return {
    gatewayId, incarnation, state, revision: gateway.revision, leaseUntilMs, ...counts,
    fencedAtMs: obeys ? (keeps ? before.fencedAtMs : null) ?? seen.nowMs : null,
    silentAtMs: state === 'silent' ? (keeps ? before.silentAtMs : null) ?? seen.nowMs : null,
  };
}

function stateOf(record: KillRecord, of: { before: GatewayFence | null; gateway: SeenGateway; obeys: boolean; inFlight: number; nowMs: number }): FenceState {
  if (of.obeys) return of.inFlight > 0 ? 'fenced' : 'silent';
  if (of.gateway.leaseUntilMs > of.nowMs) return 'waiting';
  const wasAbsent = of.before === null ? of.gateway.leaseUntilMs <= record.requestedAtMs : of.before.state === 'absent';
  return wasAbsent ? 'absent' : 'lease-ended';
}

function quietOf({ variants }: KillRecord, { quiet }: SeenGateway): Pick<GatewayFence, 'inFlight' | 'aborted' | 'drained' | 'refused'> {
  const of = variants.flatMap(({ variantId }) => (quiet[variantId] === undefined ? [] : [quiet[variantId]]));
  const sum = (pick: (one: VariantQuiet) => number): number => of.reduce((total, one) => total + pick(one), 0);
  return { inFlight: sum((one) => one.inFlight), aborted: sum((one) => one.aborted), drained: sum((one) => one.drained), refused: sum((one) => one.refused) };
}

/** Nothing can come from the killed variants through a gateway that is out of reach. */
function isBounded({ variants, backends, onLostControl }: KillRecord, { state }: GatewayFence): boolean {
  if (state !== 'lease-ended' && state !== 'absent') return false;
  return variants.every((variant) => endsWithLease(variant) || onLostControl === 'failClosed' || isGone(backends, variant));
}

/** Without a lease a gateway sends challengers nothing; an earlier champion may be the champion of its old table. */
function endsWithLease({ role }: KilledVariant): boolean { return role === 'challenger' || role === 'shadow'; }
function isGone(backends: readonly BackendFence[], { variantId }: KilledVariant): boolean { return backends.some((one) => one.variantId === variantId && one.state === 'gone'); }

/** A backend that still counts requests after the end is hearing from somebody past the gateways. */
function backendsAreDone({ variants, backends }: KillRecord): boolean {
  return variants.every(({ variantId }) => {
    const of = backends.find((one) => one.variantId === variantId);
    return of !== undefined && (of.state === 'not-managed' || (of.state === 'gone' && (of.requestsAfter ?? 0) === 0));
  });
}

/** Every gateway in reach was asked since silence, on the path that callers use, and no killed variant answered. */
function probesAreClear(now: KillRecord): boolean {
  const fresh = freshProbes(now);
  const { gateways } = now;
  const asked = gateways.filter(({ state }) => state === 'silent').every(({ gatewayId }) => fresh.some((probe) => probe.gatewayId === gatewayId && probe.kind === 'decides'));
  return asked && fresh.length > 0 && fresh.every(({ result }) => result === 'clear');
}

/** Of the newest round those that were answered since silence. */
function freshProbes({ probes, silentAtMs }: KillRecord): readonly Probe[] { return silentAtMs === null ? [] : probes.filter(({ atMs }) => atMs >= silentAtMs); }

function whatIsMissing(record: KillRecord): readonly string[] {
  const { revision, gateways, backends, variants } = record;
  return [
    ...(revision === null ? ['the route is not written yet'] : []),
    ...gateways.flatMap((each) => (isBounded(record, each) ? [] : gatewayGap(each))),
    ...variants.flatMap(({ variantId, version }) => backendGap(version, backends.find((one) => one.variantId === variantId))),
    ...[...new Set(freshProbes(record).filter(({ result }) => result !== 'clear').map((probe) => probeGap(record, probe)))],
  ];
}

/** The shared address may hand a question to a gateway that is out of reach: then that is who has not answered. */
function probeGap({ gateways }: KillRecord, { gatewayId, result, note }: Probe): string {
  const away = gatewayId === null && result === 'no-answer' ? gateways.filter(({ state }) => state === 'lease-ended' || state === 'absent').map((each) => `gateway ${each.gatewayId} cannot be reached`) : [];
  const words = [...(note === null ? [] : [note]), ...away].join('; ');
  return `probe of ${gatewayId ?? 'the shared address'}: ${result}${words === '' ? '' : ` (${words})`}`;
}

function gatewayGap({ gatewayId, state, inFlight }: GatewayFence): readonly string[] {
  switch (state) {
    case 'waiting': return [`gateway ${gatewayId} does not obey it yet`];
    case 'fenced': return [`gateway ${gatewayId} has ${inFlight} request${inFlight === 1 ? '' : 's'} under way`];
    case 'lease-ended': case 'absent': return [`gateway ${gatewayId} cannot be reached`];
    case 'silent': case 'stopped': return [];
  }
}

function backendGap(version: string, of: BackendFence | undefined): readonly string[] {
  if (of === undefined || of.state === 'waiting') return [`the backend of version ${version} has not answered yet`];
  if (of.state === 'failed') return [`the backend of version ${version} could not end it: ${of.note ?? 'no reason known'}`];
  return of.state === 'gone' && (of.requestsAfter ?? 0) > 0 ? [`the backend of version ${version} got ${of.requestsAfter ?? 0} requests after its end: something sends past the gateways`] : [];
}

function boundOf(record: KillRecord): string {
  const lost = record.gateways.filter((each) => (each.state === 'lease-ended' || each.state === 'absent') && !isBounded(record, each));
  if (lost.length > 0) return `no bound: ${lost.map(({ gatewayId }) => `gateway ${gatewayId}`).join(', ')} may go on with an old route until reached, or until the backend ends`;
  const waiting = record.gateways.filter(({ state }) => state === 'waiting');
  const leased = waiting.length > 0 && record.variants.every((variant) => endsWithLease(variant) || record.onLostControl === 'failClosed');
  if (leased) return `at the latest when the lease of ${waiting.map(({ gatewayId }) => gatewayId).join(', ')} ends, ${new Date(Math.max(...waiting.map(({ leaseUntilMs }) => leaseUntilMs))).toISOString()}`;
  return record.variants.length > 0 && record.variants.every((variant) => isGone(record.backends, variant)) ? 'the backend: the model is unloaded and cannot answer' : 'none until what is missing has answered';
}
