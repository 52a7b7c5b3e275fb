import type { DeploymentUid, TenantId, VariantId } from '../domain/ids.ts';
import type { InFlight, RouteVariant } from '../domain/traffic/route.ts';
import type { TableRoute, VariantQuiet } from '../domain/traffic/table.ts';
import { endingOf, type Killing } from '../domain/traffic/tombstones.ts';

/** One request on its way to a variant, its retry included. */
export interface Leg {
  /** Asked at the very moment of sending, in the same step as the first byte: false when the variant is killed, and then nothing is sent. */
  send(): boolean;
  /** False once the variant is killed: it must not be sent, or sent again. */
  lives(): boolean;
  /** How to end it at once; whoever waits for the answer sets it. */
  end: (() => void) | null;
  /** Nothing is under way any more; a repeat does nothing. */
  finish(): void;
}

/**
 * The route fence at this process: every request to a variant is a leg of its lane, so that a kill can end what is under way and say when
 * nothing is. All of it happens in one step of the process: between `obey` and the next request there is nothing.
 */
export interface Fence {
  begin(route: Pick<TableRoute, 'tenantId' | 'deploymentUid'>, variant: RouteVariant): Leg;
  /** Looks at routes and own kills again: ends what is under way to newly killed variants, forgets the counts of revived ones. */
  obey(): void;
  /** A killed version was asked for by name and refused. */
  refused(uid: DeploymentUid, id: VariantId): void;
  /** Of every killed variant, of one tenant or of all. */
  quiet(tenant: TenantId | null): Readonly<Record<VariantId, VariantQuiet>>;
  /** Requests under way to these variants. */
  inFlight(uid: DeploymentUid, ids: readonly VariantId[]): number;
  /** Resolves when nothing is under way to any of them that is still killed. */
  silence(uid: DeploymentUid, ids: readonly VariantId[]): Promise<void>;
}

export interface FenceOptions {
  readonly routes: () => readonly TableRoute[];
  /** This gateway's own kills of a deployment. */
  readonly ownKillings: (uid: DeploymentUid) => readonly Killing[];
  readonly utcMs: () => number;
  /** Something was killed, or a killed variant has become silent: the API should hear of it at once. */
  readonly changed: () => void;
}

/** Counts since the tombstone. */
interface Fate { readonly ending: InFlight; aborted: number; drained: number; refused: number }
interface OneLeg extends Leg { sent: boolean }
interface Lane { readonly variant: RouteVariant; readonly tenantId: TenantId; readonly legs: Set<OneLeg>; lastSentAtMs: number | null; fate: Fate | null }
type Lanes = Map<VariantId, Lane>;
interface Waiter { readonly isOver: () => boolean; readonly resolve: () => void }

export function createFence(of: FenceOptions): Fence {
  const deployments = new Map<DeploymentUid, Lanes>();
  const waiters = new Set<Waiter>();
  const inFlight = (uid: DeploymentUid, ids: readonly VariantId[]): number => ids.reduce((sum, id) => sum + (deployments.get(uid)?.get(id)?.legs.size ?? 0), 0);
  const tellWaiting = (): void => {
    for (const waiter of [...waiters].filter(({ isOver }) => isOver())) { waiters.delete(waiter); waiter.resolve(); }
  };
  const becameSilent = (): void => { tellWaiting(); of.changed(); };
  return {
    begin: ({ tenantId, deploymentUid }, variant) => newLeg(laneOf(lanesOf(deployments, deploymentUid), variant, tenantId), of.utcMs, becameSilent),
    obey() {
      const routes = new Map(of.routes().map((route) => [route.deploymentUid, route]));
      const uids = new Set([...routes.keys(), ...deployments.keys()]);
      const news = [...uids].filter((uid) => obeyOne({ lanes: lanesOf(deployments, uid), route: routes.get(uid) ?? null, own: of.ownKillings(uid) }));
      for (const [uid, lanes] of deployments) if (lanes.size === 0) deployments.delete(uid);
      tellWaiting();
      if (news.length > 0) of.changed();
    },
    refused(uid, id) {
      const fate = deployments.get(uid)?.get(id)?.fate;
      if (fate) fate.refused += 1;
    },
    quiet(tenant) {
      const lanes = [...deployments.values()].flatMap((each) => [...each.values()]).filter(({ tenantId }) => tenant === null || tenantId === tenant);
      return Object.fromEntries(lanes.flatMap(({ variant, legs, lastSentAtMs, fate }) => (fate === null ? [] : [[variant.variantId, quietOf(fate, legs.size, lastSentAtMs)]])));
    },
    inFlight,
    async silence(uid, ids) {
      const killed = (id: VariantId): boolean => (deployments.get(uid)?.get(id)?.fate ?? null) !== null;
      const isOver = (): boolean => inFlight(uid, ids.filter(killed)) === 0;
      if (!isOver()) await new Promise<void>((resolve) => { waiters.add({ isOver, resolve }); });
    },
  };
}

function lanesOf(deployments: Map<DeploymentUid, Lanes>, uid: DeploymentUid): Lanes {
  const lanes = deployments.get(uid) ?? new Map<VariantId, Lane>();
  deployments.set(uid, lanes);
  return lanes;
}

function laneOf(lanes: Lanes, variant: RouteVariant, tenantId: TenantId): Lane {
  const lane = lanes.get(variant.variantId) ?? { variant, tenantId, legs: new Set(), lastSentAtMs: null, fate: null };
  lanes.set(variant.variantId, lane);
  return lane;
}

function newLeg(lane: Lane, utcMs: () => number, becameSilent: () => void): Leg {
  const leg: OneLeg = {
    sent: false, end: null,
    send() {
      if (!leg.lives()) return false;
      leg.sent = true;
      lane.lastSentAtMs = utcMs();
      return true;
    },
    lives: () => lane.fate === null && lane.legs.has(leg),
    finish() {
      if (!lane.legs.delete(leg) || lane.fate === null) return;
      lane.fate.drained += 1;
      if (lane.legs.size === 0) becameSilent();
    },
  };
  lane.legs.add(leg);
  return leg;
}

/** True when something is newly killed, or ended. A deployment that is gone from the table keeps its fates while requests are under way. */
function obeyOne({ lanes, route, own }: { lanes: Lanes; route: TableRoute | null; own: readonly Killing[] }): boolean {
  const killings = route === null ? own : [{ tombstones: route.tombstones, draining: route.draining ?? [] }, ...own];
  if (route !== null && killings.some(({ tombstones }) => tombstones.length > 0)) {
    for (const variant of Object.values(route.variants)) if (endingOf(killings, variant) !== null) laneOf(lanes, variant, route.tenantId);
  }
  const news = [...lanes.values()].filter((lane) => {
    const ending = endingOf(killings, lane.variant);
    if (ending === null && (route !== null || lane.fate === null)) { lane.fate = null; return false; }
    return ending !== null && end(lane, ending);
  });
  for (const [id, { fate, legs }] of lanes) if (legs.size === 0 && (route === null || (fate === null && route.variants[id] === undefined))) lanes.delete(id);
  return news.length > 0;
}

/** What was not sent yet is ended in either case: nothing is sent to a killed variant. */
function end(lane: Lane, ending: InFlight): boolean {
  const isNew = lane.fate?.ending !== ending;
  const fate: Fate = { ...lane.fate ?? { aborted: 0, drained: 0, refused: 0 }, ending };
  lane.fate = fate;
  const ended = [...lane.legs].filter(({ sent }) => ending === 'abort' || !sent);
  for (const leg of ended) {
    lane.legs.delete(leg);
    fate.aborted += 1;
    leg.end?.();
  }
  return isNew || ended.length > 0;
}

function quietOf({ aborted, drained, refused }: Fate, inFlight: number, lastSentAtMs: number | null): VariantQuiet {
  return { inFlight, aborted, drained, refused, lastSentAtMs };
}
