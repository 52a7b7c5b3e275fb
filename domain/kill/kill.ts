import type { Actor, AuditEntry } from '../audit.ts';
import type { DeploymentUid, KillId, TenantId, VariantId } from '../ids.ts';
import type { InFlight, Tombstone } from '../traffic/route.ts';
import type { Endpoint } from '../variant.ts';

/** What a person names (decision D4). `champion` is the default of `kill NAME`; `all` is the whole deployment. */
export type KillScope =
  | { readonly kind: 'champion' } | { readonly kind: 'challengers' } | { readonly kind: 'all' }
  | { readonly kind: 'variant'; readonly variantId: VariantId }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'digest'; readonly digest: string };

/**
 * fencing: not every live gateway obeys yet. fenced: no new request goes there. silent: nothing is in flight any more.
 * proved: probes on the real route and the backend show that nothing answers. unconfirmed: a gateway or a backend has not answered in time; it is
 * never reported as done, is tried on, and names who is missing (decision D4). revived: a person took it back.
 */
export const KILL_STATES = ['fencing', 'fenced', 'silent', 'proved', 'unconfirmed', 'revived'] as const;
export type KillState = (typeof KILL_STATES)[number];

/** Nothing is left to do: taken back, or proved; a drill that is proved has yet to be ended. */
export function isOver({ state, drillId }: Pick<KillRecord, 'state' | 'drillId'>): boolean { return state === 'revived' || (state === 'proved' && drillId === null); }

/** One killed variant, as the route and the store knew it when the order came. */
export interface KilledVariant {
  readonly variantId: VariantId;
  readonly version: string;
  readonly artifactDigest: string;
  readonly backend: string;
  readonly endpoint: Endpoint | null;
  /** What it was to callers: decides whether the end of a gateway's lease bounds the kill. */
  readonly role: 'champion' | 'challenger' | 'shadow' | 'last-good';
  /** SHA-256 of its answer to the probe request when it was loaded; null where it answers differently each time, or is not known. */
  readonly fingerprint: string | null;
}

/**
 * waiting: live and not yet obeying. fenced: obeys, requests are under way. silent: obeys, nothing under way.
 * lease-ended: no contact; its lease has ended, and with it its challengers' share. absent: its lease had ended before the order came.
 * stopped: it said goodbye, or a person declared it gone.
 */
export const FENCE_STATES = ['waiting', 'fenced', 'silent', 'lease-ended', 'absent', 'stopped'] as const;
export type FenceState = (typeof FENCE_STATES)[number];

/** The route fence at one gateway process. Counts are of requests to the killed variants since its tombstone. */
export interface GatewayFence {
  readonly gatewayId: string;
  readonly incarnation: number;
  readonly state: FenceState;
  readonly revision: number | null;
  readonly leaseUntilMs: number;
  readonly fencedAtMs: number | null;
  readonly silentAtMs: number | null;
  readonly inFlight: number;
  readonly aborted: number;
  readonly drained: number;
  /** Requests that asked for the killed version by name and got 410. */
  readonly refused: number;
}

/** waiting: asked, no answer yet. gone: its process or model is unloaded and will not start again. not-managed: not ours to stop. failed: tried on; see note. */
export const BACKEND_FENCE_STATES = ['waiting', 'gone', 'not-managed', 'failed'] as const;
export interface BackendFence {
  readonly variantId: VariantId;
  readonly backend: string;
  readonly state: (typeof BACKEND_FENCE_STATES)[number];
  readonly atMs: number | null;
  /** Requests that the backend counted for the variant up to its end; null where it does not count. */
  readonly requests: number | null;
  /** Requests that still came for it afterwards; more than zero means that something sends past the gateways. Null where it does not count. */
  readonly requestsAfter: number | null;
  readonly note: string | null;
}

/** One question on the real route: to a gateway process, or to the shared address of all (gatewayId null). */
export interface Probe {
  readonly gatewayId: string | null;
  /** decides: the plain path, asked as a caller does. by-version: the killed version asked for by name. */
  readonly kind: 'decides' | 'by-version';
  readonly atMs: number;
  readonly status: number;
  /** Who the answer says it is from, and the SHA-256 of its outputs. */
  readonly variantId: VariantId | null;
  readonly fingerprint: string | null;
  readonly result: 'clear' | 'killed-answered' | 'no-answer';
  readonly note: string | null;
}

/** The order, how far it is, and all that is known of it: GET /kills/{id} shows this, and when `proved` it is the proof document. */
export interface KillRecord {
  readonly tenantId: TenantId;
  readonly killId: KillId;
  readonly deploymentUid: DeploymentUid;
  readonly deployment: string;
  readonly state: KillState;
  readonly scope: KillScope;
  readonly targets: readonly Tombstone[];
  readonly variants: readonly KilledVariant[];
  readonly inFlight: InFlight;
  readonly actor: Actor;
  readonly via: AuditEntry['via'];
  /** Asked for afterwards (decision D4): null until somebody gave one. */
  readonly reason: string | null;
  /** Set for a drill: it ends by itself when it is proved, or when it has taken too long (domain/kill/drill.ts). Null: in earnest. */
  readonly drillId: string | null;
  readonly requestedAtMs: number;
  /** When the API learned of an order that came straight to a gateway: from then on it can be late. Absent: at the order. */
  readonly recordedAtMs?: number;
  /** Route revision that carries the tombstones; null until the route was written. */
  readonly revision: number | null;
  readonly onLostControl: 'serve' | 'failClosed';
  readonly fencedAtMs: number | null;
  readonly silentAtMs: number | null;
  readonly provedAtMs: number | null;
  readonly revivedAtMs: number | null;
  readonly gateways: readonly GatewayFence[];
  readonly backends: readonly BackendFence[];
  /** The newest round of probes. */
  readonly probes: readonly Probe[];
  /** Who answers callers now: a version, or null when the deployment is closed. */
  readonly answering: string | null;
  /** Who or what has not confirmed, in words; empty when all have. */
  readonly missing: readonly string[];
  /** What limits harm while something is missing, in words; null when nothing is missing. */
  readonly bound: string | null;
  /** Grows with every change, so that an older write cannot replace a newer one. */
  readonly revisionOfRecord: number;
  readonly updatedAtMs: number;
}
