import { LastmileError } from '../../domain/errors.ts';
import type { LoadRequest, ServingBackend } from '../../ports/serving-backend.ts';

/** A backend that says what happened to it, and does what a test tells it. */
export interface KillableBackend extends ServingBackend {
  readonly said: string[];
  readonly loads: LoadRequest[];
  /** Calls of kill fail while it is set. */
  broken: boolean;
  /** What kill answers of requests after the end. */
  requestsAfter: number;
  readonly killed: Set<string>;
}

export function killableBackend({ managed = true }: { readonly managed?: boolean } = {}): KillableBackend {
  const self: KillableBackend = {
    said: [], loads: [], broken: false, requestsAfter: 0, killed: new Set(), attestation: 'hashed', managed,
    async load(request) {
      if (self.killed.has(request.variantId)) throw new LastmileError('LM_VARIANT_KILLED', `${request.variantId} is killed.`);
      self.said.push(`load ${request.variantId}`);
      self.loads.push(request);
      return { url: 'http://127.0.0.1:1', modelName: request.variantId, modelVersion: null };
    },
    async status(_endpoint, variantId) { return { state: self.killed.has(variantId) ? 'absent' : 'ready', reason: null }; },
    metadata: () => Promise.reject(new LastmileError('LM_VARIANT_NOT_FOUND', 'no metadata')),
    infer: () => Promise.reject(new LastmileError('LM_BACKEND_UNAVAILABLE', 'no inference')),
    async kill(_endpoint, variantId) {
      self.said.push(`kill ${variantId}`);
      if (self.broken) throw new LastmileError('LM_BACKEND_UNAVAILABLE', 'modelhost does not answer');
      if (!managed) return { state: 'not-managed', requests: null, requestsAfter: null };
      self.killed.add(variantId);
      return { state: 'gone', requests: 7, requestsAfter: self.requestsAfter };
    },
    async revive(variantId) { self.said.push(`revive ${variantId}`); self.killed.delete(variantId); },
    async unload(_endpoint, variantId) { self.said.push(`unload ${variantId}`); },
  };
  return self;
}
