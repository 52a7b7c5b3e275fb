import type { Attestation, Endpoint } from '../domain/variant.ts';
import type { TenantId, VariantId } from '../domain/ids.ts';
import type { InferenceRequest, InferenceResponse, ModelMetadata } from '../domain/tensor.ts';

export interface LoadRequest {
  readonly tenant: TenantId;
  readonly variantId: VariantId;
  /** What answers call themselves: model_name and model_version. */
  readonly servedName: string;
  readonly servedVersion: string;
  readonly artifactDigest: string;
  /** Package manifest in the artifact store; null for a model that already runs. */
  readonly bundleDigest: string | null;
  /** Address and name on a server that already runs. */
  readonly url: string | null;
  readonly modelName: string | null;
  readonly resources: { readonly threads: number; readonly isolation: 'process' | 'shared' };
}

/** What the backend says of a killed variant; counts as in domain/kill BackendFence. */
export interface BackendKill { readonly state: 'gone' | 'not-managed'; readonly requests: number | null; readonly requestsAfter: number | null }

export type ServingState = 'absent' | 'loading' | 'ready' | 'failed';

/** A system that runs models. Every method may be called again after a crash, with the same effect. */
export interface ServingBackend {
  readonly attestation: Attestation;
  /** Whether load and unload change the server; false: it runs already and is not ours to stop. */
  readonly managed: boolean;
  /**
   * Loads and waits until the variant answers; idempotent by variantId. LM_DIGEST_MISMATCH when the server's bytes are others,
   * LM_VALIDATION_FAILED when the model cannot be loaded, LM_BACKEND_UNAVAILABLE when the server does not answer.
   */
  load(request: LoadRequest, signal?: AbortSignal): Promise<Endpoint>;
  status(endpoint: Endpoint, variantId: VariantId): Promise<{ readonly state: ServingState; readonly reason: string | null }>;
  /** LM_VARIANT_NOT_FOUND when the model is not there. */
  metadata(endpoint: Endpoint): Promise<ModelMetadata>;
  /** One request, for golden requests and latency; LM_VALIDATION_FAILED for a 4xx answer, LM_BACKEND_UNAVAILABLE or LM_TIMEOUT else. */
  infer(endpoint: Endpoint, request: InferenceRequest, timeoutMs: number): Promise<{ readonly response: InferenceResponse; readonly latencyMs: number }>;
  /**
   * The backend fence of a kill (decision D4): ends the variant at once, with what is in flight, and remembers that it must never be started again, also
   * over a restart; idempotent, and good for a variant that was never loaded. `not-managed` where the server is not ours to stop.
   */
  kill(endpoint: Endpoint | null, variantId: VariantId): Promise<BackendKill>;
  /** A person took the kill back: the variant may be loaded again. Loads nothing. Unmanaged: does nothing. */
  revive(variantId: VariantId): Promise<void>;
  /** Returns when nothing answers for the variant any more; absent is success. Unmanaged: does nothing. */
  unload(endpoint: Endpoint | null, variantId: VariantId): Promise<void>;
}
