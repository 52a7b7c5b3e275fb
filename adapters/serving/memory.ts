import { z } from 'zod';
import { LastmileError } from '../../domain/errors.ts';
import type { InferenceRequest, ModelMetadata, Tensor } from '../../domain/tensor.ts';
import type { Endpoint } from '../../domain/variant.ts';
import type { LoadRequest, ServingBackend } from '../../ports/serving-backend.ts';
import type { Adapter } from '../define.ts';

/** A model as a function: what it takes and gives, and how it answers. It throws LM_VALIDATION_FAILED for requests it does not take. */
export interface MemoryModel {
  readonly metadata: Pick<ModelMetadata, 'inputs' | 'outputs'>;
  answer(request: InferenceRequest): readonly Tensor[] | Promise<readonly Tensor[]>;
}

const Options = z.strictObject({
  /** Models by artifact digest. The map may grow while the backend lives. */
  models: z.custom<ReadonlyMap<string, MemoryModel>>((value) => value instanceof Map).default(() => new Map<string, MemoryModel>()),
});

const URL = 'memory://models';
interface Loaded { readonly request: LoadRequest; readonly model: MemoryModel; requests: number }

export const memory: Adapter<ServingBackend, z.input<typeof Options>> = {
  name: 'memory',
  summary: 'Models as functions in the process; for tests.',
  options: Options,
  create(options) {
    const { models } = Options.parse(options);
    const loaded = new Map<string, Loaded>();
    const killed = new Map<string, { requests: number | null; requestsAfter: number }>();
    const find = ({ modelName }: Endpoint): Loaded => {
      const found = loaded.get(modelName);
      const ended = killed.get(modelName);
      if (ended !== undefined) { ended.requestsAfter += 1; throw killedError(modelName); }
      if (found === undefined) throw new LastmileError('LM_VARIANT_NOT_FOUND', `The memory backend runs no variant ${modelName}.`);
      return found;
    };
    return {
      attestation: 'hashed', managed: true,
      async load(request) {
        if (killed.has(request.variantId)) throw killedError(request.variantId);
        const model = models.get(request.artifactDigest);
        if (model === undefined) throw new LastmileError('LM_VALIDATION_FAILED', `The memory backend was given no model with the artifact digest ${request.artifactDigest}.`);
        loaded.set(request.variantId, { request, model, requests: loaded.get(request.variantId)?.requests ?? 0 });
        return { url: URL, modelName: request.variantId, modelVersion: null };
      },
      async status(_endpoint, variantId) { return { state: loaded.has(variantId) ? 'ready' : 'absent', reason: null }; },
      async metadata(endpoint) {
        const { request, model } = find(endpoint);
        return { name: request.servedName, platform: 'memory', versions: [request.servedVersion], ...model.metadata };
      },
      async infer(endpoint, request, timeoutMs) {
        const found = find(endpoint);
        found.requests += 1;
        return answer(found, request, timeoutMs);
      },
      async kill(_endpoint, variantId) {
        const ended = killed.get(variantId) ?? { requests: loaded.get(variantId)?.requests ?? null, requestsAfter: 0 };
        killed.set(variantId, ended);
        loaded.delete(variantId);
        return { state: 'gone', ...ended };
      },
      async revive(variantId) { killed.delete(variantId); },
      async unload(_endpoint, variantId) { loaded.delete(variantId); },
    };
  },
};

function killedError(variantId: string): LastmileError { return new LastmileError('LM_VARIANT_KILLED', `Variant ${variantId} was taken off and is not started again until a person revives it.`); }

async function answer({ request: { servedName, servedVersion }, model }: Loaded, request: InferenceRequest, timeoutMs: number): ReturnType<ServingBackend['infer']> {
  const fromMs = performance.now();
  const late = new LastmileError('LM_TIMEOUT', `${servedName}@${servedVersion} gave no answer within ${timeoutMs} ms.`);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(late); }, timeoutMs); });
  try {
    const outputs = await Promise.race([Promise.resolve(model.answer(request)), limit]);
    return { response: { model_name: servedName, model_version: servedVersion, ...(request.id === undefined ? {} : { id: request.id }), outputs }, latencyMs: performance.now() - fromMs };
  } finally {
    clearTimeout(timer);
  }
}
