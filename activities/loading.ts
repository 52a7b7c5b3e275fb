import { readAnswer } from '../domain/contract-reading.ts';
import { contractProblems } from '../domain/contract-inference.ts';
import type { Contract } from '../domain/contract.ts';
import { compareGolden } from '../domain/golden.ts';
import { LastmileError } from '../domain/errors.ts';
import { commonFingerprint } from '../domain/kill/fingerprint.ts';
import { parseModelRef } from '../domain/model.ts';
import { probeRequest } from '../domain/probe-request.ts';
import { loadOf } from '../domain/serving-load.ts';
import type { InferenceResponse } from '../domain/tensor.ts';
import type { Endpoint } from '../domain/variant.ts';
import type { ServingBackend } from '../ports/serving-backend.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Activities, Subject } from './index.ts';
import { contractOf, named, specOf, variantOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';
import { runningVersion } from './validating.ts';

const SMOKE_REQUESTS = 20;
const ANSWER_LIMIT_MS = 10_000;

export function loadingActivities(ports: ActivityPorts): Pick<Activities, 'loadVariant' | 'unloadVariant'> {
  return {
    loadVariant: ({ subject, variantId }) => withHeartbeat(async (signal, note) => {
      const variant = await variantOf(ports.stores.deployments, subject.tenant, variantId);
      const spec = await specOf(ports.stores.deployments, subject.tenant, subject.specHash);
      const backend = named('serving backend', ports.backends, variant.backend);
      const ref = parseModelRef(subject.model);
      note('loading');
      const endpoint = await backend.load(loadOf({ tenant: subject.tenant, deployment: subject.deployment, variant, ref, serving: spec.spec.serving }), signal);
      const reached: Endpoint = variant.bundleDigest === null ? { ...endpoint, modelVersion: runningVersion(ref) ?? endpoint.modelVersion } : endpoint;
      await ports.stores.deployments.putVariant({ ...variant, endpoint: reached });
      note('checking');
      const { fingerprint, ...checked } = await check(backend, reached, { subject, contract: await contractOf(ports.stores.deployments, subject.tenant, variant.contractHash) });
      await ports.stores.deployments.putVariant({ ...variant, endpoint: reached, fingerprint });
      return checked;
    }),

    unloadVariant: ({ subject, variantId }) => withHeartbeat(async () => {
      const variant = await ports.stores.deployments.getVariant(subject.tenant, variantId);
      if (variant === null) return;
      await named('serving backend', ports.backends, variant.backend).unload(variant.endpoint, variantId);
      await ports.stores.deployments.putVariant({ ...variant, endpoint: null });
    }),
  };
}

/** Ready, same shape as the contract, golden requests answered as known, and fast enough to be worth trying. */
async function check(backend: ServingBackend, endpoint: Endpoint, of: { subject: Subject; contract: Contract }): Promise<{ checked: number; latencyMs: number; fingerprint: string | null }> {
  const { subject, contract } = of;
  const problems = contractProblems(contract, await backend.metadata(endpoint));
  if (problems.length > 0) throw failed(subject, `what the backend serves does not fit the contract: ${problems.join('; ')}`);
  for (const [i, golden] of contract.golden.entries()) {
    const { response } = await backend.infer(endpoint, golden.request, ANSWER_LIMIT_MS);
    const reading = readAnswer(contract, JSON.stringify(response));
    const difference = reading.ok ? compareGolden(golden, response) : `${reading.reason}: ${reading.detail}`;
    if (difference !== null) throw failed(subject, `golden request ${i + 1} of ${contract.golden.length} failed: ${difference}`);
  }
  const { latencyMs, fingerprint } = await smoke(backend, endpoint, contract);
  if (latencyMs > contract.latencyLimitMs) throw failed(subject, `the median of ${SMOKE_REQUESTS} single requests took ${latencyMs.toFixed(1)} ms, the contract's limit is ${contract.latencyLimitMs} ms`);
  return { checked: contract.golden.length, latencyMs, fingerprint };
}

function failed(subject: Subject, why: string): LastmileError { return new LastmileError('LM_VALIDATION_FAILED', `${subject.model} in ${subject.deployment}: ${why}.`); }

/** Median latency of one request at a time, milliseconds, and what the answers to it are known by. */
async function smoke(backend: ServingBackend, endpoint: Endpoint, contract: Contract): Promise<{ latencyMs: number; fingerprint: string | null }> {
  const request = probeRequest(contract);
  const latencies: number[] = [];
  const answers: InferenceResponse[] = [];
  for (let i = 0; i < SMOKE_REQUESTS; i += 1) {
    const { response, latencyMs } = await backend.infer(endpoint, request, ANSWER_LIMIT_MS);
    latencies.push(latencyMs);
    answers.push(response);
  }
  latencies.sort((a, b) => a - b);
  return { latencyMs: latencies[Math.floor(SMOKE_REQUESTS / 2)] ?? Number.POSITIVE_INFINITY, fingerprint: commonFingerprint(answers) };
}
