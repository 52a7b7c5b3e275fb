import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../../activities/create.ts';
import type { Activities, Subject } from '../../../activities/index.ts';
import type { ActivityPorts } from '../../../activities/ports.ts';
import { artifactStores } from '../../../adapters/artifact/index.ts';
import { metricSources } from '../../../adapters/metrics/index.ts';
import { notifiers } from '../../../adapters/notify/index.ts';
import { orchestrators } from '../../../adapters/orchestrator/index.ts';
import { registries } from '../../../adapters/registry/index.ts';
import { backends } from '../../../adapters/serving/index.ts';
import type { MemoryModel } from '../../../adapters/serving/memory.ts';
import { stores as databases } from '../../../adapters/store/index.ts';
import { trainers } from '../../../adapters/training/index.ts';
import { parseDeployment } from '../../../domain/deployment.schema.ts';
import type { Reading } from '../../../domain/external/measurement.ts';
import type { Question } from '../../../domain/external/metric.ts';
import { emptyRoute } from '../../../domain/traffic/commands.ts';
import type { Orchestrator } from '../../../ports/orchestrator.ts';
import { CHURN, linearOf, sigmoid } from '../../support/onnx-models.ts';

/** The activities over memory adapters, each run as Temporal runs it. */
export interface World {
  readonly ports: ActivityPorts;
  readonly notices: string[];
  readonly models: Map<string, MemoryModel>;
  nowMs: number;
  subject(version: string, change?: Record<string, unknown>): Promise<Subject>;
  run<Name extends keyof Activities>(name: Name, input: Parameters<Activities[Name]>[0], of?: { cancelAfterMs?: number }): ReturnType<Activities[Name]>;
  publish(version: string, bytes: Uint8Array): Promise<void>;
}

const UID = 'dep_churn';
const TENANT = 'acme';

export async function createWorld(of: { describe?: Orchestrator['describe']; answer?: (question: Question) => Promise<Reading> } = {}): Promise<World> {
  const notices: string[] = [];
  const models = new Map<string, MemoryModel>();
  const stores = databases.memory.create({});
  const registry = registries.memory.create({});
  const world: Omit<World, 'ports' | 'subject' | 'run' | 'publish'> = { notices, models, nowMs: 1_800_000_000_000 };
  const source = metricSources.memory.create({ answer: async (question) => await of.answer?.(question as Question) ?? { none: 'unreachable', text: 'nobody is there' } });
  const ports: ActivityPorts = {
    stores, registries: { memory: registry }, backends: { memory: backends.memory.create({ models }) }, artifacts: artifactStores.memory.create({}),
    sources: { prometheus: source, http: source }, trainer: trainers.command.create({}), notifier: notifiers.log.create({ write: (line) => notices.push(line) }), orchestrator: { ...orchestrators.memory.create({}), ...(of.describe === undefined ? {} : { describe: of.describe }) },
    now: () => world.nowMs, trainingDir: mkdtempSync(join(tmpdir(), 'lastmile-training-')), pageOf: () => null,
  };
  const activities = createActivities(ports);
  await stores.prepare();
  await stores.routes.create(emptyRoute({ tenantId: TENANT, deploymentUid: UID, name: 'churn', fallback: ['last-good', 'closed'], onLostControl: 'serve', stickyHeader: null, stickyJsonPath: null, recordInputs: false }));
  return Object.assign(world, {
    ports,
    async subject(version: string, change: Record<string, unknown> = {}) {
      const model = `memory:churn@${version}`;
      const spec = parseDeployment({ apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' }, spec: { model, serving: { backend: 'memory' }, contract: { task: 'binary' }, labels: { delay: '1d', clock: 'event' }, ...change } });
      return { tenant: TENANT, deploymentUid: UID, deployment: 'churn', rolloutId: `${UID}/1`, specHash: await stores.deployments.putSpec(TENANT, spec), model };
    },
    run<Name extends keyof Activities>(name: Name, input: Parameters<Activities[Name]>[0], { cancelAfterMs }: { cancelAfterMs?: number } = {}): ReturnType<Activities[Name]> {
      const env = new MockActivityEnvironment();
      if (cancelAfterMs !== undefined) setTimeout(() => { env.cancel('CANCELLED'); }, cancelAfterMs);
      return env.run<[unknown], unknown, (given: unknown) => Promise<unknown>>(activities[name] as (given: unknown) => Promise<unknown>, input) as ReturnType<Activities[Name]>;
    },
    async publish(version: string, bytes: Uint8Array) {
      const { artifactDigest } = await registry.publish({ registry: 'memory', name: 'churn', version }, new Map([['model.onnx', bytes]]));
      models.set(artifactDigest, churnAnswers());
    },
  });
}

/** Answers as the ONNX file of CHURN would. */
export function churnAnswers(): MemoryModel {
  return {
    metadata: { inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }], outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }, { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }] },
    answer({ inputs }) {
      const p = sigmoid(linearOf(CHURN, (inputs[0]?.data ?? []) as number[]));
      return [{ name: 'label', datatype: 'INT64', shape: [1], data: [p >= 0.5 ? 1 : 0] }, { name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: [1 - p, p] }];
    },
  };
}
