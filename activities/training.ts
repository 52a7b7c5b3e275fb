import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../domain/digest.ts';
import { LastmileError } from '../domain/errors.ts';
import { formatModelRef, parseModelRef, type ModelRef } from '../domain/model.ts';
import type { ModelRegistry } from '../ports/model-registry.ts';
import { withHeartbeat } from './heartbeat.ts';
import { frozenBy } from './holding.ts';
import type { Activities } from './index.ts';
import { named, specOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';

type Training = Pick<Activities, 'trainModel' | 'requestRollout'>;

/** How often what was trained during a freeze asks again. */
const FROZEN_RETRY_MS = 60_000;
/** Marks a training run as finished: its folder holds the model and is not trained again after a crash. */
const FINISHED = '.lastmile-trained';
/** The version chosen for the run, written before it is published, so that a repeat publishes the same one. */
const VERSION = '.lastmile-version';

export function trainingActivities(ports: ActivityPorts): Training {
  return {
    trainModel: ({ tenant, deployment, specHash, runKey }) => withHeartbeat(async (signal, note) => {
      const { spec } = await specOf(ports.stores.deployments, tenant, specHash);
      if (spec.retrain === null) throw new LastmileError('LM_TRAINING_FAILED', `${deployment} has no retrain command any more; write spec.retrain or remove the schedule.`);
      const ref = parseModelRef(spec.model);
      const registry = named('model registry', ports.registries, ref.registry);
      const folder = join(ports.trainingDir, digestOf(runKey).slice('sha256:'.length, 'sha256:'.length + 24));
      if (!(await exists(join(folder, FINISHED)))) {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        await ports.trainer.train({
          command: spec.retrain.command, outputDir: folder, timeoutMs: spec.retrain.timeoutMs,
          env: { LASTMILE_OUTPUT_DIR: folder, LASTMILE_DEPLOYMENT: deployment, LASTMILE_MODEL: spec.model },
        }, note, signal);
        await writeAtomically(join(folder, FINISHED), runKey);
      }
      return { model: formatModelRef(await publish(registry, ref, { folder, deployment })) };
    }),

    /** Waits out a freeze: the activity is tried again until it has ended. */
    async requestRollout({ tenant, deploymentUid, deployment, specHash, model, requestId, actor, reason }) {
      const frozen = await frozenBy(ports, { tenant, deploymentUid, deployment, specHash });
      if (frozen !== null) throw new LastmileError('LM_BUSY', `${deployment} is ${frozen}; ${model} is tried when it ends.`, { retryAfterMs: FROZEN_RETRY_MS });
      const { spec } = await specOf(ports.stores.deployments, tenant, specHash);
      const accepted = await ports.orchestrator.startRollout({ tenant, deploymentUid, deployment, specHash, model, actor, retry: false, reason, whenBusy: spec.rollout.whenBusy }, requestId);
      return { rolloutId: accepted.rolloutId };
    },
  };
}

async function publish(registry: ModelRegistry, ref: ModelRef, of: { folder: string; deployment: string }): Promise<ModelRef> {
  const files = await readModel(of.folder);
  if (files.size === 0) throw new LastmileError('LM_TRAINING_FAILED', `The training command of ${of.deployment} ended well but wrote no file; it must write the model into $LASTMILE_OUTPUT_DIR.`);
  const marker = join(of.folder, VERSION);
  const chosen = (await exists(marker)) ? await readFile(marker, 'utf8') : nextVersion(await registry.versions(ref.name));
  await writeAtomically(marker, chosen);
  const target = { ...ref, version: chosen };
  try {
    await registry.publish(target, files);
    return target;
  } catch (error) {
    if (!(error instanceof LastmileError) || error.code !== 'LM_CONFLICT') throw error;
    await rm(marker, { force: true });
    throw new LastmileError('LM_BUSY', `Version ${chosen} of ${ref.name} was taken by someone else; the next attempt takes the next number.`, { cause: error, retryAfterMs: 1_000 });
  }
}

/** One more than the highest whole number among the versions. */
export function nextVersion(versions: readonly string[]): string {
  return String(versions.reduce((highest, version) => (/^\d+$/.test(version) ? Math.max(highest, Number(version)) : highest), 0) + 1);
}

async function readModel(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== FINISHED && entry.name !== VERSION);
  const read = await Promise.all(files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1).replaceAll('\\', '/'), new Uint8Array(await readFile(path))] as const;
  }));
  return new Map(read);
}

async function exists(path: string): Promise<boolean> { return readFile(path).then(() => true, () => false); }

async function writeAtomically(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}
