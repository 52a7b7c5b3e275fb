import { readOnnxMetadata } from '../artifact/onnx/read.ts';
import { planProblems } from '../domain/analysis/drafting.ts';
import { inferContract, contractProblems } from '../domain/contract-inference.ts';
import type { Contract } from '../domain/contract.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import { digestOfJson, type Digest } from '../domain/digest.ts';
import type { Json } from '../domain/canonical-json.ts';
import { LastmileError } from '../domain/errors.ts';
import { variantId, type VariantId } from '../domain/ids.ts';
import { parseModelRef, type ModelRef } from '../domain/model.ts';
import type { ModelMetadata } from '../domain/tensor.ts';
import type { Tombstone } from '../domain/traffic/route.ts';
import { ALL, isKilled } from '../domain/traffic/tombstones.ts';
import { ATTESTATIONS, type Variant, type VariantSummary } from '../domain/variant.ts';
import type { ServingBackend } from '../ports/serving-backend.ts';
import type { Activities, Subject } from './index.ts';
import { contractOf, named, specOf, variantOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';

/** A model that a server already runs is named in this pseudo-registry: there are no bytes to fetch. */
export const RUNNING = 'running';

interface Resolved { readonly digest: Digest; readonly metadata: ModelMetadata }

export function validatingActivities(ports: ActivityPorts): Pick<Activities, 'validateModel'> {
  return {
    async validateModel({ subject, champion, retry }): Promise<VariantSummary> {
      const spec = await specOf(ports.stores.deployments, subject.tenant, subject.specHash);
      const backend = named('serving backend', ports.backends, spec.spec.serving.backend);
      requireAttestation(spec, backend);
      const ref = parseModelRef(subject.model);
      const resolved = ref.registry === RUNNING ? await resolveRunning(spec, backend, ref) : await resolveRegistered(ports, ref);
      const id = identify(subject, spec, resolved.digest);
      await refuseUnwanted(ports, subject, { id, artifactDigest: resolved.digest, champion, retry });
      const contract = await freeze(ports, subject, { spec, champion, metadata: resolved.metadata });
      refuseUnjudgeable(subject, spec, contract);
      const variant: Variant = {
        tenantId: subject.tenant, deploymentUid: subject.deploymentUid, variantId: id, model: subject.model, artifactDigest: resolved.digest,
        backend: spec.spec.serving.backend, endpoint: null, attestation: backend.attestation, contractHash: await ports.stores.deployments.putContract(subject.tenant, contract),
        bundleDigest: null, createdAtMs: ports.now(),
      };
      const known = await ports.stores.deployments.getVariant(subject.tenant, id);
      await ports.stores.deployments.putVariant(known === null ? variant : { ...variant, bundleDigest: known.bundleDigest, endpoint: known.endpoint, createdAtMs: known.createdAtMs, fingerprint: known.fingerprint ?? null });
      return { variantId: id, model: subject.model, artifactDigest: resolved.digest };
    },
  };
}

function requireAttestation(spec: DeploymentSpec, backend: ServingBackend): void {
  if (ATTESTATIONS.indexOf(backend.attestation) <= ATTESTATIONS.indexOf(spec.spec.attestation)) return;
  throw new LastmileError('LM_VALIDATION_FAILED', `Backend ${spec.spec.serving.backend} attests "${backend.attestation}", the deployment asks for "${spec.spec.attestation}"; write attestation: ${backend.attestation} to accept it.`);
}

function identify(subject: Subject, spec: DeploymentSpec, artifactDigest: Digest): VariantId {
  const { backend, url, modelName, resources } = spec.spec.serving;
  return variantId({ tenant: subject.tenant, deploymentUid: subject.deploymentUid, artifactDigest, backend, runtime: { threads: resources.threads, isolation: resources.isolation, url: url ?? '', modelName: modelName ?? '' } });
}

async function resolveRegistered(ports: ActivityPorts, ref: ModelRef): Promise<Resolved> {
  const registry = named('model registry', ports.registries, ref.registry);
  const version = await registry.resolve(ref);
  const graph = version.files.find((file) => file.path.endsWith('.onnx'));
  if (version.format !== 'onnx' || graph === undefined) {
    throw new LastmileError('LM_VALIDATION_FAILED', `${ref.name}@${ref.version} is of format "${version.format}"; this backend runs ONNX. Export it as ONNX, or serve it elsewhere and adopt it with backend: oip.`);
  }
  const parts: Uint8Array[] = [];
  for await (const part of await registry.open(ref, graph)) parts.push(part);
  const read = readOnnxMetadata(Buffer.concat(parts));
  return { digest: version.artifactDigest, metadata: { name: ref.name, platform: 'onnx', versions: [ref.version], inputs: read.inputs, outputs: read.outputs } };
}

/** The server's word is all there is: the digest is of what it says of itself, and the attestation level says so. */
async function resolveRunning(spec: DeploymentSpec, backend: ServingBackend, ref: ModelRef): Promise<Resolved> {
  const { url, modelName } = spec.spec.serving;
  if (url === null) throw new LastmileError('LM_VALIDATION_FAILED', 'A running model needs serving.url: the address of the server that runs it.');
  const metadata = await backend.metadata({ url, modelName: modelName ?? ref.name, modelVersion: runningVersion(ref) });
  return { digest: digestOfJson({ url, ref: { ...ref }, metadata } as unknown as Json), metadata };
}

/** `running:churn@live`: whatever version the server picks. */
export function runningVersion(ref: ModelRef): string | null { return ref.version === 'live' ? null : ref.version; }

interface Wanted { readonly id: VariantId; readonly artifactDigest: Digest; readonly champion: VariantId | null; readonly retry: boolean }

async function refuseUnwanted(ports: ActivityPorts, subject: Subject, wanted: Wanted): Promise<void> {
  if (wanted.id === wanted.champion) throw new LastmileError('LM_SAME_VARIANT', `${subject.model} already decides in ${subject.deployment}: same bytes, same backend, same configuration.`);
  const route = await ports.stores.routes.get(subject.tenant, subject.deploymentUid);
  refuseKilled(subject, route?.tombstones ?? [], wanted);
  if (wanted.retry) return;
  const { items } = await ports.stores.deployments.listRollouts(subject.tenant, subject.deploymentUid, { limit: 200, after: null });
  const before = items.find((rollout) => rollout.rolloutId !== subject.rolloutId && rollout.challenger?.variantId === wanted.id && rollout.state.outcome === 'rolled-back');
  if (before === undefined) return;
  throw new LastmileError('LM_ALREADY_TRIED', `${subject.model} was rolled back in rollout ${before.n} of ${subject.deployment} (${before.state.verdict?.text ?? 'no verdict kept'}); to try it again give --retry and a --reason.`, { details: { rollout: before.n } });
}

function refuseKilled({ model, deployment }: Subject, tombstones: readonly Tombstone[], { id, artifactDigest }: Wanted): void {
  if (tombstones.includes(ALL)) throw new LastmileError('LM_VARIANT_KILLED', `All of ${deployment} was taken off: nothing new of it may serve until a person revives it (lastmile revive ${deployment}).`);
  if (isKilled(tombstones, { variantId: id, artifactDigest })) throw new LastmileError('LM_VARIANT_KILLED', `${model} was taken off in ${deployment}; a person must revive it first (lastmile kills ${deployment} lists what was).`);
}

/** Told now, not after days in shadow. */
function refuseUnjudgeable({ model, deployment }: Subject, spec: DeploymentSpec, contract: Contract): void {
  const problems = planProblems(spec, contract);
  if (problems.length > 0) throw new LastmileError('LM_VALIDATION_FAILED', `${model} could not be judged in ${deployment}: ${problems.join('; ')}.`, { details: { problems } });
}

/** The first version sets the contract; a later one must fit it. Golden requests and the latency limit follow the file. */
async function freeze(ports: ActivityPorts, subject: Subject, of: { spec: DeploymentSpec; champion: VariantId | null; metadata: ModelMetadata }): Promise<Contract> {
  const overrides = of.spec.spec.contract;
  if (of.champion === null) return inferContract(of.metadata, overrides, { classPayoff: of.spec.spec.value?.payoff.kind === 'confusion' });
  const incumbent = await variantOf(ports.stores.deployments, subject.tenant, of.champion);
  const contract = await contractOf(ports.stores.deployments, subject.tenant, incumbent.contractHash);
  const problems = contractProblems(contract, of.metadata);
  if (problems.length > 0) throw new LastmileError('LM_VALIDATION_FAILED', `${subject.model} does not fit the contract of ${subject.deployment}: ${problems.join('; ')}.`, { details: { problems } });
  return { ...contract, golden: overrides.golden, latencyLimitMs: overrides.latencyLimitMs };
}
