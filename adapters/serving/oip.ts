import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Egress } from '../../config/egress.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { Endpoint } from '../../domain/variant.ts';
import type { ServingBackend } from '../../ports/serving-backend.ts';
import type { Adapter } from '../define.ts';
import { guarded, infer, readiness, readMetadata, type Guarded } from './_shared/oip-client.ts';

const Options = z.strictObject({ egress: z.custom<Egress>((value) => typeof value === 'object' && value !== null && 'admit' in value) });
const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 250;

/** A server that runs already: nothing is loaded or stopped, and what it serves is its own word. */
export const oip: Adapter<ServingBackend, z.output<typeof Options>> = {
  name: 'oip',
  summary: 'Any running server of the Open Inference Protocol v2: MLServer, Triton, KServe and others.',
  options: Options,
  create({ egress }) {
    const by = guarded(egress);
    return {
      attestation: 'claimed', managed: false,
      async load({ url, modelName, servedName }, signal) {
        if (url === null) throw new LastmileError('LM_INVALID_SPEC', 'serving.backend oip needs serving.url: the address of the server that runs the model.');
        const endpoint: Endpoint = { url, modelName: modelName ?? servedName, modelVersion: null };
        await ready(endpoint, by, signal);
        return endpoint;
      },
      status: (endpoint) => readiness(endpoint, by).catch((error: unknown) => ({ state: 'failed' as const, reason: error instanceof Error ? error.message : String(error) })),
      metadata: (endpoint) => readMetadata(endpoint, by),
      infer: (endpoint, request, timeoutMs) => infer(endpoint, request, { timeoutMs, by }),
      async kill() { return { state: 'not-managed', requests: null, requestsAfter: null }; },
      async revive() { /* It was never ours to stop. */ },
      async unload() { /* Not ours to stop. */ },
    };
  },
};

async function ready(endpoint: Endpoint, by: Guarded, signal: AbortSignal | undefined): Promise<void> {
  const untilMs = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const { state, reason } = await readiness(endpoint, by);
    if (state === 'ready') return;
    if (state === 'absent') throw new LastmileError('LM_VALIDATION_FAILED', `${endpoint.url} has no model ${endpoint.modelName}: ${reason ?? ''}. Check serving.modelName.`);
    if (performance.now() > untilMs) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `${endpoint.modelName} at ${endpoint.url} is not ready after ${READY_WITHIN_MS / 1_000} s: ${reason ?? ''}.`);
    await sleep(ASK_EVERY_MS, undefined, signal === undefined ? {} : { signal });
  }
}
