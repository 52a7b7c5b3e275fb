import type { Actor } from '../audit.ts';
import type { KillId } from '../ids.ts';
import type { InFlight, Route, Tombstone } from './route.ts';

/** What gateways get of a route: all but the command log. `revivedKills`: as far as the log reaches; a gateway that was away while one of its own was made and revived forgets it by that. */
export type TableRoute = Omit<Route, 'applied'> & { readonly revivedKills?: readonly KillId[] };

/** A caller's key as gateways may know it: SHA-256 of the key, never the key. */
export interface CallerKey { readonly hash: string; readonly tenantId: string; readonly scopes: readonly string[] }

/** The whole table. A gateway refuses it when unsigned, or when a route is older (lower revision) than the one it obeys. */
export interface RouteTable { readonly v: 1; readonly issuedAtMs: number; readonly routes: readonly TableRoute[]; readonly callers: readonly CallerKey[] }

/** Ed25519 over the exact bytes of `table` (canonical JSON of RouteTable). */
export interface SignedTable { readonly keyId: string; readonly table: string; readonly signature: string }

/** What a gateway says at each sync; the answer comes at once when the table differs from `tableDigest`, else after waitMs. */
export interface GatewaySync {
  readonly gatewayId: string;
  readonly incarnation: number;
  readonly address: string;
  readonly adminAddress: string | null;
  readonly tableDigest: string | null;
  /** Revision obeyed per deployment uid: the acknowledgement that is counted. */
  readonly applied: Readonly<Record<string, number>>;
  /** Break-glass kills that this gateway obeys and no route holds yet, per deployment uid. */
  readonly ownKills: Readonly<Record<string, readonly OwnKill[]>>;
  /** For every killed variant that the gateway knows: what is under way to it and what was ended, since its tombstone. */
  readonly quiet: Readonly<Record<string, VariantQuiet>>;
  readonly stats: GatewayStats;
  readonly waitMs: number;
}

export interface GatewayStats {
  readonly startedAtMs: number;
  readonly requests: number;
  readonly refused: number;
  readonly errors: number;
  readonly mirrored: number;
  readonly dropped: number;
  readonly recordsPending: number;
  readonly recordsLost: number;
  /** Requests that reached each variant, serving and mirrored. */
  readonly perVariant: Readonly<Record<string, number>>;
}

export interface GatewaySyncAnswer { readonly table: SignedTable | null; readonly leaseMs: number }

/** A kill that came straight to the gateway; merged into the route at the next contact, and then forgotten here. */
export interface OwnKill { readonly killId: KillId; readonly targets: readonly Tombstone[]; readonly inFlight: InFlight; readonly actor: Actor; readonly atMs: number }

/** `inFlight` zero under an obeyed tombstone is silence. */
export interface VariantQuiet { readonly inFlight: number; readonly aborted: number; readonly drained: number; readonly refused: number; readonly lastSentAtMs: number | null }
