import type { DeploymentUid, TenantId, VariantId } from './ids.ts';

/** How sure we are that what answers is what was validated (decision D1); later ones are weaker. */
export const ATTESTATIONS = ['hashed', 'delivered', 'claimed'] as const;
export type Attestation = (typeof ATTESTATIONS)[number];

export interface VariantSummary { readonly variantId: VariantId; readonly model: string; readonly artifactDigest: string }

/** One artifact digest on one backend with one runtime configuration, as stored when it was validated and loaded. */
export interface Variant extends VariantSummary {
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly backend: string;
  readonly endpoint: Endpoint | null;
  readonly attestation: Attestation;
  readonly contractHash: string;
  readonly bundleDigest: string | null;
  readonly createdAtMs: number;
  /** By what its answer to the probe request is known (domain/kill/fingerprint.ts); null or absent where it answers differently each time, or was not asked. */
  readonly fingerprint?: string | null;
}

/** Where a variant answers: POST {url}/v2/models/{modelName}[/versions/{modelVersion}]/infer. */
export interface Endpoint { readonly url: string; readonly modelName: string; readonly modelVersion: string | null }
