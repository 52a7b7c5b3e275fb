import { z } from 'zod';
import { Secret } from '../../config/schema.ts';
import { CATALOGUE, LastmileError, type Code } from '../../domain/errors.ts';
import type { Endpoint } from '../../domain/variant.ts';
import type { LoadRequest, ServingBackend } from '../../ports/serving-backend.ts';
import type { Adapter } from '../define.ts';
import { exchange, infer, readMetadata, reasonOf, type HttpAnswer, type HttpCall } from './_shared/oip-client.ts';

const Options = z.strictObject({
  url: z.url(), token: z.instanceof(Secret),
  /** Where modelhost fetches blobs from when it cannot read `storeRoot`. */
  artifactUrl: z.url().nullable(),
  storeRoot: z.string().nullable(),
});
type Settings = z.output<typeof Options>;

const LOAD_LIMIT_MS = 320_000;
const QUICK_MS = 10_000;
const Killed = z.object({ variants: z.record(z.string(), z.object({ state: z.literal('gone'), requests: z.number().nullable(), requestsAfter: z.number().nullable() })) });
const Status = z.object({ state: z.enum(['absent', 'loading', 'ready', 'failed']), reason: z.string().nullable() });

export const modelhost: Adapter<ServingBackend, Settings> = {
  name: 'modelhost',
  summary: 'Our own server for ONNX models: one process a variant, bytes checked against the validated digest.',
  options: Options,
  create(settings) {
    return {
      attestation: 'hashed', managed: true,
      async load(request, signal) {
        if (request.bundleDigest === null) throw new LastmileError('LM_VALIDATION_FAILED', `${request.servedName}@${request.servedVersion} has no package; modelhost runs packaged versions.`);
        const answer = await admin(settings, { method: 'PUT', path: `variants/${encodeURIComponent(request.variantId)}`, body: JSON.stringify(bodyOf(request, settings)), timeoutMs: LOAD_LIMIT_MS, signal });
        if (answer.status !== 200) throw errorOf(answer, settings.url);
        return { url: settings.url, modelName: request.variantId, modelVersion: null };
      },
      async status(_endpoint, variantId) {
        const answer = await admin(settings, { method: 'GET', path: `variants/${encodeURIComponent(variantId)}`, timeoutMs: QUICK_MS });
        if (answer.status !== 200) throw errorOf(answer, settings.url);
        return Status.parse(JSON.parse(answer.text));
      },
      metadata: (endpoint) => readMetadata(endpoint),
      infer: (endpoint, request, timeoutMs) => infer(endpoint, request, { timeoutMs }),
      async kill(_endpoint, variantId) {
        const answer = await admin(settings, { method: 'POST', path: 'kills', body: JSON.stringify({ variantIds: [variantId] }), timeoutMs: QUICK_MS });
        if (answer.status !== 200) throw errorOf(answer, settings.url);
        return Killed.parse(JSON.parse(answer.text)).variants[variantId] ?? { state: 'gone', requests: null, requestsAfter: null };
      },
      async revive(variantId) {
        const answer = await admin(settings, { method: 'DELETE', path: `kills/${encodeURIComponent(variantId)}`, timeoutMs: QUICK_MS });
        if (answer.status !== 200) throw errorOf(answer, settings.url);
      },
      async unload(_endpoint: Endpoint | null, variantId) {
        const answer = await admin(settings, { method: 'DELETE', path: `variants/${encodeURIComponent(variantId)}`, timeoutMs: QUICK_MS });
        if (answer.status !== 200) throw errorOf(answer, settings.url);
      },
    };
  },
};

function bodyOf({ tenant, servedName, servedVersion, artifactDigest, bundleDigest, resources }: LoadRequest, { storeRoot, artifactUrl }: Settings): object {
  return { tenant, servedName, servedVersion, artifactDigest, bundleDigest, resources, storeRoot, artifactUrl };
}

function admin({ url, token }: Settings, call: Omit<HttpCall, 'url' | 'headers'> & { readonly path: string }): Promise<HttpAnswer> {
  const { path, ...rest } = call;
  return exchange({ ...rest, url: `${url.replace(/\/+$/, '')}/admin/${path}`, headers: { authorization: `Bearer ${token.reveal()}` } });
}

/** modelhost's own error, as it was thrown there. */
function errorOf(answer: HttpAnswer, url: string): LastmileError {
  const { code } = z.object({ code: z.string() }).catch({ code: '' }).parse(parse(answer.text));
  return new LastmileError(code in CATALOGUE ? code as Code : 'LM_BACKEND_UNAVAILABLE', `modelhost at ${url}: ${reasonOf(answer)}`);
}

function parse(text: string): unknown { try { return JSON.parse(text); } catch { return null; } }
