import type { DeploymentUid, RolloutId, TenantId, VariantId } from '../ids.ts';
import type { Endpoint } from '../variant.ts';

/** What the gateway needs of a variant. */
export interface RouteVariant { readonly variantId: VariantId; readonly version: string; readonly artifactDigest: string; readonly endpoint: Endpoint }
export interface RouteShadow { readonly variantId: VariantId; readonly samplePer10k: number; readonly deadlineMs: number }
/** A variant, an artifact digest, or `*` for the whole deployment, that must not serve. */
export type Tombstone = string;

/** What becomes of requests that a killed variant is answering at that moment: ended and answered by the fallback, or let come to their end. */
export const IN_FLIGHT = ['abort', 'drain'] as const;
export type InFlight = (typeof IN_FLIGHT)[number];

export interface Retirement { readonly person: string; readonly atMs: number; readonly reason: string }

/** One per deployment: the only truth of traffic (decision D3). The champion gets what `shares` leaves of the whole. */
export interface Route {
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  /** Callers name it: /v2/models/{name}/infer. */
  readonly name: string;
  /** Only grows. */
  readonly revision: number;
  readonly champion: VariantId | null;
  /** Challengers that answer callers, in order of arrival; sum <= 10,000. */
  readonly shares: readonly { readonly variantId: VariantId; readonly sharePer10k: number }[];
  readonly shadows: readonly RouteShadow[];
  /** The rollout that last set shares or shadows. */
  readonly rolloutId: RolloutId | null;
  readonly pin: { readonly variantId: VariantId; readonly person: string; readonly atMs: number } | null;
  readonly fallback: readonly ('last-good' | 'closed')[];
  /** A person took the whole deployment out of service; callers are told that it is gone. Absent or null: in service. */
  readonly retired?: Retirement | null;
  /** Earlier champions that can answer, newest first. */
  readonly lastGood: readonly VariantId[];
  readonly onLostControl: 'serve' | 'failClosed';
  readonly tombstones: readonly Tombstone[];
  /** Those of the tombstones whose requests under way may come to their end; all others are ended at once. Absent in older documents: none. */
  readonly draining?: readonly Tombstone[];
  /** Those of the tombstones that a drill alone set: its end takes them off again, and shares and shadows wait for it. Absent in older documents: none. */
  readonly drilled?: readonly Tombstone[];
  readonly variants: Readonly<Record<VariantId, RouteVariant>>;
  readonly stickyHeader: string | null;
  readonly stickyJsonPath: string | null;
  readonly recordInputs: boolean;
  /** Ids of commands already applied with the revision each led to, newest last, bounded; a repeat answers the same. */
  readonly applied: readonly ({ readonly commandId: string } & CommandResult)[];
}

/** What a deployment file says of its route; a file may change it at any time. */
export type RouteSettings = Pick<Route, 'fallback' | 'onLostControl' | 'stickyHeader' | 'stickyJsonPath' | 'recordInputs'>;

/**
 * Idempotent by commandId. Each checks only the fields that it needs and that its variant is not tombstoned;
 * `remove` and `configure` have no precondition. A command whose `ifRollout` is no longer the route's rollout is `superseded`.
 * `setShadows` and `setShare` of a newer rollout number take the route over.
 */
export type RouteCommand = { readonly commandId: string; readonly atMs: number } & (
  | { readonly type: 'setChampion'; readonly variant: RouteVariant; readonly expectedChampion: VariantId | null; readonly by: 'automation' | 'person' | 'safety' }
  | { readonly type: 'setShare'; readonly variant: RouteVariant; readonly sharePer10k: number; readonly ifRollout: RolloutId }
  | { readonly type: 'setShadows'; readonly shadows: readonly (RouteShadow & { readonly variant: RouteVariant })[]; readonly ifRollout: RolloutId }
  | { readonly type: 'configure'; readonly settings: RouteSettings }
  | { readonly type: 'pin'; readonly variantId: VariantId; readonly person: string }
  | { readonly type: 'unpin'; readonly person: string }
  | { readonly type: 'retire'; readonly person: string; readonly reason: string }
  | { readonly type: 'restore'; readonly person: string }
  | { readonly type: 'remove'; readonly variantId: VariantId }
  | { readonly type: 'kill'; readonly targets: readonly Tombstone[]; readonly inFlight: InFlight; /** Absent: in earnest. */ readonly drill?: true }
  | { readonly type: 'endDrill'; readonly targets: readonly Tombstone[] }
  | { readonly type: 'revive'; readonly targets: readonly Tombstone[]; readonly person: string; readonly reason: string });

/** applied: the route changed or already was so; superseded: newer intent holds; refused: a rule said no. */
export type CommandOutcome = 'applied' | 'superseded' | 'refused';
/** Rules whose "no" may become a yes, by a person's word or by the end of a drill: what was refused is then asked again, under another id. */
export type CommandRule = 'killed' | 'drilled' | 'pinned' | 'retired';
export interface CommandResult { readonly outcome: CommandOutcome; readonly reason: string | null; readonly revision: number; /** Of a refusal by one of those rules; absent else. */ readonly rule?: CommandRule }
