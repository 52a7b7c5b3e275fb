import type { Actor } from '../audit.ts';
import type { DeploymentUid, KillId, TenantId, VariantId } from '../ids.ts';
import type { InFlight, Tombstone } from '../traffic/route.ts';
import type { KillScope } from './kill.ts';

/**
 * What a break-glass token says: its bearer may kill in this tenant, at gateways and modelhosts directly, until it expires. Signed with the
 * installation's key, which every gateway can check by itself; it can do nothing but kill (decision D3).
 */
export interface BreakGlassClaims { readonly v: 1; readonly id: string; readonly use: 'kill'; readonly tenantId: TenantId; readonly actor: Actor; readonly issuedAtMs: number; readonly expiresAtMs: number }

/** POST {admin address of a gateway}/admin/v1/kills, bearer: a break-glass token or the service token (then with `tenantId` and `actor`). */
export interface DirectKill { readonly killId: KillId; readonly deployment: string; readonly scope: KillScope; readonly inFlight: InFlight; readonly tenantId?: TenantId; readonly actor?: Actor }

/** Its answer, given when the gateway obeys: the tombstones are on its disk and no new request goes there. */
export interface DirectKillAnswer {
  readonly gatewayId: string;
  readonly killId: KillId;
  readonly deploymentUid: DeploymentUid;
  readonly targets: readonly Tombstone[];
  /** `backendUrl`: where a modelhost may be told too. */
  readonly variants: readonly { readonly variantId: VariantId; readonly version: string; readonly backendUrl: string }[];
  /** fenced: requests are still under way, at most until their deadline; ask GET {admin}/admin/v1/kills again. */
  readonly state: 'fenced' | 'silent';
  readonly inFlight: number;
  readonly aborted: number;
  /** Version that answers now; null when the deployment is closed here. */
  readonly answering: string | null;
}

/** POST {modelhost}/admin/kills, bearer: a break-glass token or the service token. Unknown variants are tombstoned; those of another tenant are left alone, without a word. */
export interface DirectBackendKill { readonly variantIds: readonly VariantId[] }
export interface DirectBackendKillAnswer { readonly variants: Readonly<Record<VariantId, { readonly state: 'gone'; readonly requests: number | null; readonly requestsAfter: number | null }>> }

/** What the CLI keeps from its last contact, so that `kill` works when the API does not answer. Readable by its owner alone. */
export interface BreakGlassKit {
  readonly v: 1;
  readonly apiUrl: string;
  readonly token: string;
  readonly expiresAtMs: number;
  readonly savedAtMs: number;
  readonly gateways: readonly { readonly gatewayId: string; readonly adminAddress: string }[];
  /** Backends that end a variant when told so. */
  readonly backends: readonly { readonly name: string; readonly url: string }[];
}
