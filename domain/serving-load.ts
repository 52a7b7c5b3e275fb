import type { DeploymentSpec } from './deployment.ts';
import type { TenantId, VariantId } from './ids.ts';
import type { ModelRef } from './model.ts';
import type { Variant } from './variant.ts';

/** What a backend is told to load a variant: of a package, or of a model that a server at `url` runs already. */
export function loadOf({ tenant, deployment, variant, ref, serving }: { readonly tenant: TenantId; readonly deployment: string; readonly variant: Variant; readonly ref: ModelRef; readonly serving: DeploymentSpec['spec']['serving'] }): {
  readonly tenant: TenantId; readonly variantId: VariantId; readonly servedName: string; readonly servedVersion: string; readonly artifactDigest: string; readonly bundleDigest: string | null;
  readonly url: string | null; readonly modelName: string | null; readonly resources: DeploymentSpec['spec']['serving']['resources'];
} {
  const { variantId, artifactDigest, bundleDigest } = variant;
  return {
    tenant, variantId, servedName: deployment, servedVersion: ref.version, artifactDigest, bundleDigest,
    url: serving.url, modelName: serving.modelName ?? (serving.url === null ? null : ref.name), resources: serving.resources,
  };
}
