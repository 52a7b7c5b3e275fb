import { parseRolloutId, type DeploymentUid, type RolloutId, type TenantId, type VariantId } from '../ids.ts';
import { WHOLE } from '../share.ts';
import type { CommandResult, CommandRule, Route, RouteCommand, RouteSettings, RouteVariant, Tombstone } from './route.ts';
import { inEarnest, isKilled, isKilledId, isNamed } from './tombstones.ts';

/** Results kept for repeats, and earlier champions kept warm. */
export const KEPT_COMMANDS = 200;
export const KEPT_LAST_GOOD = 5;

/** The route of a new deployment: nobody serves, revision 0. */
export function emptyRoute(of: RouteSettings & { readonly tenantId: TenantId; readonly deploymentUid: DeploymentUid; readonly name: string }): Route {
  const { tenantId, deploymentUid, name, fallback, onLostControl, stickyHeader, stickyJsonPath, recordInputs } = of;
  return {
    tenantId, deploymentUid, name, revision: 0, champion: null, shares: [], shadows: [], rolloutId: null, pin: null,
    fallback, lastGood: [], onLostControl, tombstones: [], variants: {}, stickyHeader, stickyJsonPath, recordInputs, applied: [],
  };
}

type Change = Partial<Omit<Route, 'tenantId' | 'deploymentUid' | 'name' | 'revision' | 'applied'>>;
type Decision = { readonly outcome: 'applied'; readonly change: Change } | { readonly outcome: 'superseded' | 'refused'; readonly reason: string; readonly rule?: CommandRule };
type Command<T extends RouteCommand['type']> = Extract<RouteCommand, { type: T }>;

const applied = (change: Change): Decision => ({ outcome: 'applied', change });
const refused = (reason: string): Decision => ({ outcome: 'refused', reason });
const against = (rule: CommandRule, reason: string): Decision => ({ outcome: 'refused', reason, rule });
const superseded = (reason: string): Decision => ({ outcome: 'superseded', reason });

/**
 * Decision D3, pure: every RouteStore applies commands by this function alone. A repeated commandId changes nothing and answers the
 * same. Every other command, refused ones too, is remembered and makes a new revision: a store that replaces the document only while
 * its revision is the one it read can then lose neither a change nor the memory of an answer.
 */
export function applyCommand(route: Route, command: RouteCommand): { route: Route; result: CommandResult } {
  const known = route.applied.find(({ commandId }) => commandId === command.commandId);
  if (known !== undefined) return { route, result: resultOf(known) };
  const decision = decide(route, command);
  const result: CommandResult = { ...answerOf(decision), revision: route.revision + 1 };
  const changed = decision.outcome === 'applied' ? pruned({ ...route, ...decision.change }) : route;
  const memory = [...route.applied, { commandId: command.commandId, ...result }].slice(-KEPT_COMMANDS);
  return { route: { ...changed, revision: result.revision, applied: memory }, result };
}

function resultOf({ outcome, reason, revision, rule }: Route['applied'][number]): CommandResult { return { outcome, reason, revision, ...(rule === undefined ? {} : { rule }) }; }

function answerOf(decision: Decision): Omit<CommandResult, 'revision'> {
  if (decision.outcome === 'applied') return { outcome: 'applied', reason: null };
  return { outcome: decision.outcome, reason: decision.reason, ...(decision.rule === undefined ? {} : { rule: decision.rule }) };
}

const DECIDERS: { readonly [T in RouteCommand['type']]: (route: Route, command: Command<T>) => Decision } = {
  setChampion, setShare, setShadows, pin, revive,
  configure: (_route, { settings }) => applied(configure(settings)),
  unpin: () => applied({ pin: null }),
  retire: (_route, { person, atMs, reason }) => applied({ retired: { person, atMs, reason }, shares: [], shadows: [] }),
  restore: () => applied({ retired: null }),
  remove: (route, { variantId }) => remove(route, variantId),
  kill: (route, command) => applied(kill(route, command)),
  endDrill: (route, { targets }) => applied(endDrill(route, targets)),
};

function decide(route: Route, command: RouteCommand): Decision { return (DECIDERS[command.type] as (route: Route, command: RouteCommand) => Decision)(route, command); }

/** A move away from a pinned champion is a person's or a safety gate's, and ends the pin. */
function setChampion(route: Route, { variant, expectedChampion, by }: Command<'setChampion'>): Decision {
  const id = variant.variantId;
  if (route.champion !== id && route.champion !== expectedChampion) return superseded(`the champion is ${route.champion ?? 'nobody'}, not ${expectedChampion ?? 'nobody'}`);
  const no = offAgainst(route, variant, by);
  if (no !== null) return no;
  const variants = { ...route.variants, [id]: variant };
  if (route.champion === id) return applied({ variants });
  if (by === 'automation' && route.pin !== null) return against('pinned', pinReason(route));
  return applied({
    champion: id, variants, pin: null, lastGood: pushed(route, id),
    shares: without(route.shares, id), shadows: without(route.shadows, id),
  });
}

function offAgainst(route: Route, variant: RouteVariant, by: Command<'setChampion'>['by']): Decision | null {
  if (isRetired(route)) return against('retired', retiredReason(route));
  if (isKilled(inEarnest(route), variant) && !isWayBack(route, by)) return against('killed', killedReason(variant));
  return isKilled(route.drilled ?? [], variant) ? against('drilled', `${variant.variantId} is off for a drill, which ends by itself`) : null;
}

function setShare(route: Route, { variant, sharePer10k, ifRollout }: Command<'setShare'>): Decision {
  const held = taken(route, ifRollout);
  if ('outcome' in held) return held;
  const id = variant.variantId;
  const others = held.shares.filter((share) => share.variantId !== id);
  const before = held.shares.find((share) => share.variantId === id)?.sharePer10k ?? 0;
  if (!isShare(sharePer10k)) return refused(`a share is an integer from 0 to ${WHOLE}, not ${sharePer10k}`);
  if (sharePer10k === 0) return applied({ ...held, shares: others });
  if (id === route.champion) return refused(`${id} is the champion and gets what the shares leave`);
  const no = heldAgainst(route, variant, sharePer10k > before);
  if (no !== null) return no;
  const sum = others.reduce((total, share) => total + share.sharePer10k, sharePer10k);
  if (sum > WHOLE) return refused(`the shares would sum to ${sum} of ${WHOLE}`);
  const share = { variantId: id, sharePer10k };
  // An existing share keeps its place: the key ranges of the others must not move more than they have to.
  const shares = before === 0 ? [...others, share] : held.shares.map((each) => (each.variantId === id ? share : each));
  return applied({ ...held, shares, variants: { ...route.variants, [id]: variant } });
}

/** What keeps a share from being given, and may end by a person's word. */
function heldAgainst(route: Route, variant: RouteVariant, grows: boolean): Decision | null {
  if (isRetired(route)) return against('retired', retiredReason(route));
  if (isKilled(inEarnest(route), variant)) return against('killed', killedReason(variant));
  return grows && route.pin !== null ? against('pinned', pinReason(route)) : null;
}

function setShadows(route: Route, { shadows, ifRollout }: Command<'setShadows'>): Decision {
  const held = taken(route, ifRollout);
  if ('outcome' in held) return held;
  if (shadows.length > 0 && isRetired(route)) return against('retired', retiredReason(route));
  const problem = shadows.map(({ variant, variantId, samplePer10k, deadlineMs }, i) => {
    if (variant.variantId !== variantId || shadows.findIndex((other) => other.variantId === variantId) !== i) return `${variantId} is named twice or by two names`;
    if (variantId === route.champion) return `${variantId} is the champion and cannot be its own shadow`;
    if (isKilled(inEarnest(route), variant)) return killedReason(variant);
    return isShare(samplePer10k) && deadlineMs > 0 ? null : `${variantId} needs a sample of 0 to ${WHOLE} and a deadline above 0 ms`;
  }).find((reason) => reason !== null);
  if (problem !== undefined) return shadows.some(({ variant }) => isKilled(inEarnest(route), variant)) ? against('killed', problem) : refused(problem);
  return applied({
    ...held, shadows: shadows.map(({ variantId, samplePer10k, deadlineMs }) => ({ variantId, samplePer10k, deadlineMs })),
    variants: { ...route.variants, ...Object.fromEntries(shadows.map(({ variant }) => [variant.variantId, variant])) },
  });
}

/** Field by field: a command from outside must not bring anything else into the route. */
function configure({ fallback, onLostControl, stickyHeader, stickyJsonPath, recordInputs }: RouteSettings): Change {
  return { fallback, onLostControl, stickyHeader, stickyJsonPath, recordInputs };
}

function pin(route: Route, { variantId, person, atMs }: Command<'pin'>): Decision {
  if (isRetired(route)) return against('retired', retiredReason(route));
  if (variantId !== route.champion) return refused(`only the champion can be pinned, and that is ${route.champion ?? 'nobody'}`);
  return applied({ pin: { variantId, person, atMs } });
}

function remove(route: Route, id: VariantId): Decision {
  // A first version that was killed on its way in: nobody is there to take its place, and a revive must not bring it back.
  if (id === route.champion && route.pin === null && route.lastGood.length === 0 && isKilledId(route.tombstones, id, route.variants)) return applied({ champion: null });
  if (id === route.champion) return refused(`${id} is the champion; make another one champion, or kill it`);
  return applied({ shares: without(route.shares, id), shadows: without(route.shadows, id), lastGood: route.lastGood.filter((each) => each !== id) });
}

/**
 * The champion keeps its place, so that a revive brings it back; domain/traffic/choose.ts never lets it answer meanwhile. What a drill
 * kills keeps its share too, unless it is killed in earnest as well.
 */
function kill(route: Route, { targets, inFlight, drill }: Command<'kill'>): Change {
  const tombstones = [...new Set([...route.tombstones, ...targets])];
  const before = route.drilled ?? [];
  const drilled = drill === true ? [...new Set([...before, ...targets.filter((each) => !route.tombstones.includes(each))])] : before.filter((each) => !targets.includes(each));
  const lasting = inEarnest({ tombstones, drilled });
  // To abort is the stronger word: a drain that is killed again with abort is aborted, never the other way round.
  const draining = (route.draining ?? []).filter((each) => inFlight === 'drain' || !targets.includes(each));
  const drained = inFlight === 'drain' ? targets.filter((each) => !route.tombstones.includes(each)) : [];
  const lives = ({ variantId }: { readonly variantId: VariantId }): boolean => !isKilled(lasting, known(route, variantId));
  return {
    tombstones, ...withDrilled(route, drilled), draining: [...new Set([...draining, ...drained])], shares: route.shares.filter(lives), shadows: route.shadows.filter(lives),
    lastGood: route.lastGood.filter((id) => !isNamed(lasting, known(route, id))),
  };
}

function revive(route: Route, { targets, person, reason }: Command<'revive'>): Decision {
  if (person.trim() === '' || reason.trim() === '') return refused('only a named person revives, with a reason');
  const stays = (each: Tombstone): boolean => !targets.includes(each);
  return applied(lifted(route, stays));
}

/** What was killed in earnest meanwhile stays killed. */
function endDrill(route: Route, targets: readonly Tombstone[]): Change {
  const ended = (route.drilled ?? []).filter((each) => targets.includes(each));
  return lifted(route, (each) => !ended.includes(each));
}

function lifted(route: Route, stays: (each: Tombstone) => boolean): Change {
  return { tombstones: route.tombstones.filter(stays), draining: (route.draining ?? []).filter(stays), ...withDrilled(route, (route.drilled ?? []).filter(stays)) };
}

/** A route that never saw a drill stays as older releases know it. */
function withDrilled({ drilled: before }: Route, drilled: readonly Tombstone[]): Pick<Route, 'drilled'> { return before === undefined && drilled.length === 0 ? {} : { drilled }; }

/** Safety takes a killed champion back to a killed one: nothing answers before or after, and a revive then finds the right one in its place. */
function isWayBack({ champion, tombstones, variants }: Route, by: 'automation' | 'person' | 'safety'): boolean {
  return by === 'safety' && champion !== null && isKilledId(tombstones, champion, variants);
}

/** The shares and shadows that `ifRollout` works on: its own, or none when it takes over from an older rollout. */
function taken(route: Route, ifRollout: RolloutId): Pick<Route, 'rolloutId' | 'shares' | 'shadows'> | Extract<Decision, { reason: string }> {
  const asked = parseRolloutId(ifRollout);
  if (asked.deploymentUid !== route.deploymentUid || !Number.isSafeInteger(asked.n) || asked.n < 1) return { outcome: 'refused', reason: `${ifRollout} is not a rollout of ${route.deploymentUid}` };
  const held = route.rolloutId === null ? 0 : parseRolloutId(route.rolloutId).n;
  if (asked.n < held) return { outcome: 'superseded', reason: `rollout ${held} has the route` };
  return asked.n === held ? { rolloutId: route.rolloutId, shares: route.shares, shadows: route.shadows } : { rolloutId: ifRollout, shares: [], shadows: [] };
}

/** Last good with the champion that goes in front: newest first, each once, neither the new champion nor a killed one. */
function pushed(route: Route, next: VariantId): readonly VariantId[] {
  const all = new Set(route.champion === null ? route.lastGood : [route.champion, ...route.lastGood]);
  return [...all].filter((id) => id !== next && !isNamed(inEarnest(route), known(route, id))).slice(0, KEPT_LAST_GOOD);
}

/** Keeps the variants that something names; killed ones too, so that gateways can say 410 for their versions. */
function pruned(route: Route): Route {
  const named = new Set([route.champion, ...route.lastGood, ...route.shares.map((share) => share.variantId), ...route.shadows.map((shadow) => shadow.variantId)]);
  const variants = Object.fromEntries(Object.entries(route.variants).filter(([id, variant]) => named.has(id) || isKilled(route.tombstones, variant)));
  return { ...route, variants };
}

function known(route: Route, id: VariantId): Pick<RouteVariant, 'variantId' | 'artifactDigest'> { return route.variants[id] ?? { variantId: id, artifactDigest: '' }; }
function without<T extends { readonly variantId: VariantId }>(list: readonly T[], id: VariantId): readonly T[] { return list.filter((each) => each.variantId !== id); }
function isShare(n: number): boolean { return Number.isInteger(n) && n >= 0 && n <= WHOLE; }
function killedReason({ variantId }: RouteVariant): string { return `${variantId} is killed; only a person revives it`; }
function isRetired({ retired }: Route): boolean { return (retired ?? null) !== null; }
function retiredReason({ name, retired }: Route): string { return `${retired?.person ?? 'a person'} retired ${name}; restore it first`; }
function pinReason(route: Route): string { return `${route.pin?.person ?? 'a person'} pinned ${route.pin?.variantId ?? 'the champion'}`; }
