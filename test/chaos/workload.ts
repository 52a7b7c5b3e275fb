import { setTimeout as delay } from 'node:timers/promises';
import type { KillView, RolloutView } from '../../api/contract.ts';
import { createClient, type Client } from '../../cli/client.ts';
import { isLastmileError } from '../../domain/errors.ts';
import type { Harness } from './harness.ts';
import { fileOf, LANES, type Lane } from './lanes.ts';
import { GOOD, publish } from './models.ts';
import type { Outside } from './outside.ts';
import type { Dice } from './seed.ts';
import { startCaller, type Caller, type Seen } from './traffic.ts';

/** A rollout that the API said it has accepted, and how it ended; null: not within the limit. */
export interface Accepted { readonly lane: Lane; readonly n: number; readonly model: string; readonly outcome: string | null; readonly why: string; readonly ms: number }
/** A kill that was reported silent: from `silentMs` on nothing may answer from it, until it was ordered to be revived. */
export interface Silenced { readonly lane: string; readonly killId: string; readonly variantId: string; readonly silentMs: number; readonly proved: boolean; untilMs: number }

export interface Story {
  readonly accepted: Accepted[];
  readonly silenced: Silenced[];
  readonly seen: Seen[];
  /** What a lane could not do: with why. */
  readonly troubles: string[];
}

export interface Workload {
  readonly story: Story;
  readonly callers: readonly Caller[];
  readonly client: Client;
  /** Whether rollouts are still to be started. */
  isRunning(): boolean;
  /** Resolves when every accepted rollout has ended or was given up. Callers go on until `stop`. */
  done(): Promise<void>;
  stop(): Promise<void>;
}

const CALL_MS = 15_000;
const PATIENCE_MS = 180_000;
/** Ample, also on a machine with other work to do: past it an end counts as lost. */
const END_MS = 900_000;
const PER_SECOND = 10;
const LABELS_EVERY_MS = 300;

export interface WorkloadOptions { readonly harness: Harness; readonly outside: Outside; readonly rollouts: number; readonly dice: Dice; readonly lanes?: readonly Lane[]; /** No rollout begins later. */ readonly untilMs?: number }

/** First versions live in every lane, then rollouts until the number is reached: the lanes share it. */
export async function startWorkload({ harness, outside, rollouts, dice, lanes = LANES, untilMs = Infinity }: WorkloadOptions): Promise<Workload> {
  const story: Story = { accepted: [], silenced: [], seen: [], troubles: [] };
  const client = createClient({ url: harness.apiUrl, key: harness.key(), timeoutMs: CALL_MS });
  const scene: Scene = { harness, outside, client, story };
  let left = rollouts;
  const takeOne = (): boolean => { left -= 1; return left >= 0 && Date.now() < untilMs; };
  await Promise.all(lanes.map((lane) => first(scene, lane)));
  const outcomes = startOutcomes(client);
  const callers = lanes.map((lane) => startCaller({
    gatewayUrl: harness.gatewayUrl, lane: lane.name, perSecond: PER_SECOND, dice: dice.fork(`traffic of ${lane.name}`), seen: (of) => { story.seen.push(of); },
    outcome: lane.labels ? (inferenceId, value) => { outcomes.push(lane.name, inferenceId, value); } : null,
  }));
  const running = Promise.all(lanes.map(async (lane) => {
    const own = dice.fork(lane.name);
    for (let version = 2; takeOne(); version += 1) {
      // A lane whose rollout hangs would only hear that it is busy.
      if (await oneRollout(scene, lane, { version: String(version), dice: own }) === null) break;
    }
  }));
  let ended = false;
  void running.finally(() => { ended = true; });
  return {
    story, callers, client, isRunning: () => !ended, done: async () => { await running; },
    async stop() { await Promise.all(callers.map((caller) => caller.stop())); await outcomes.stop(); },
  };
}

interface Scene { readonly harness: Harness; readonly outside: Outside; readonly client: Client; readonly story: Story }

async function first(scene: Scene, lane: Lane): Promise<void> {
  const outcome = await oneRollout(scene, lane, { version: '1', dice: null });
  if (outcome !== 'first') throw new Error(`the first version of ${lane.name} is not live: ${String(outcome)} ${scene.story.troubles.join('; ')}`);
}

interface Turn { readonly version: string; readonly dice: Dice | null }

/** Publishes a version, asks for it until the API says yes or no, does what the lane does on the way, and waits for the end. */
async function oneRollout(scene: Scene, lane: Lane, turn: Turn): Promise<string | null> {
  const { harness, story } = scene;
  const { version } = turn;
  const startMs = Date.now();
  if (lane.challenger !== null) publish(harness.registryDir, { name: lane.name, version, model: version === '1' ? GOOD : lane.challenger });
  try {
    const { n, state } = await throughToEnd(scene, lane, turn);
    story.accepted.push({ lane, n, model: `${lane.name}@${version}`, outcome: state?.outcome ?? null, why: state?.verdict?.text ?? '', ms: Date.now() - startMs });
    return state?.outcome ?? null;
  } catch (error) {
    story.troubles.push(`${lane.name}@${version}: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

async function throughToEnd(scene: Scene, lane: Lane, { version, dice }: Turn): Promise<{ readonly n: number; readonly state: RolloutView['rollout']['state'] | null }> {
  const n = await accepted(scene, lane, version);
  if (dice !== null && dice.roll() < 0.25) await twice(scene, lane, { n, version });
  if (lane.kind === 'killed' && version !== '1') await killed(scene, lane, n);
  const state = (await endOf(scene, lane, n))?.rollout.state ?? null;
  if (lane.kind === 'toppled' && state?.outcome === 'promoted') await toppled(scene, lane, n);
  return { n, state };
}

async function accepted(scene: Scene, lane: Lane, version: string): Promise<number> {
  const { client, outside } = scene;
  const body = { spec: fileOf(lane, version, outside.url) };
  const { result, rollout } = await persist(() => client.call('apply', { params: { name: lane.name }, body, idempotencyKey: `${lane.name}-${version}` }));
  if (rollout === null) throw new Error(`apply said ${result} and named no rollout`);
  return rollout;
}

/** The same order under the same key is the same rollout; another version meanwhile is refused (A9 9 and 10). */
async function twice({ client, outside, story }: Scene, lane: Lane, { n, version }: { readonly n: number; readonly version: string }): Promise<void> {
  const body = { spec: fileOf(lane, version, outside.url) };
  const again = await persist(() => client.call('apply', { params: { name: lane.name }, body, idempotencyKey: `${lane.name}-${version}` }));
  if (again.rollout !== n) story.troubles.push(`${lane.name}@${version}: the same request again answered rollout ${String(again.rollout)}, not ${String(n)}`);
}

async function killed(scene: Scene, lane: Lane, n: number): Promise<void> {
  const { client } = scene;
  const view = await where(client, { name: lane.name, n, limitMs: END_MS }, ({ rollout: { state, endedAtMs } }) => endedAtMs !== null || state.stage === 'canary');
  const variantId = view?.rollout.challenger?.variantId;
  if (variantId === undefined || view?.rollout.endedAtMs !== null) return;
  const ordered = await orderKill(client, lane, { n, variantId });
  if (ordered !== null) await followKill(scene, lane, { ordered, variantId });
}

/** The new champion is killed, so that the one before it answers, and revived again. */
async function toppled(scene: Scene, lane: Lane, n: number): Promise<void> {
  const { client, story } = scene;
  const { rollout } = await persist(() => client.call('getRollout', { params: { name: lane.name, n } }));
  const variantId = rollout.challenger?.variantId;
  const ordered = variantId === undefined ? null : await orderKill(client, lane, { n, variantId });
  if (variantId === undefined || ordered === null) return;
  await followKill(scene, lane, { ordered, variantId });
  const { killId } = ordered.kill;
  for (const silenced of story.silenced) if (silenced.killId === killId) silenced.untilMs = Date.now();
  await persist(() => client.call('revive', { params: { id: killId }, body: { reason: 'chaos goes on' }, idempotencyKey: `revive-${killId}` }));
}

/** Null: it ended in the same moment, and is in no route any more. */
async function orderKill(client: Client, { name }: Lane, { n, variantId }: { readonly n: number; readonly variantId: string }): Promise<KillView | null> {
  const body = { scope: { kind: 'variant' as const, variantId }, reason: 'chaos' };
  return persist(() => client.call('kill', { params: { name }, body, idempotencyKey: `kill-${name}-${String(n)}` })).catch((error: unknown) => {
    if (isLastmileError(error) && (error.code === 'LM_VARIANT_NOT_FOUND' || error.code === 'LM_COMMAND_REFUSED')) return null;
    throw error;
  });
}

async function followKill({ client, story }: Scene, { name: lane }: Lane, { ordered, variantId }: { readonly ordered: KillView; readonly variantId: string }): Promise<void> {
  const { killId } = ordered.kill;
  let silentMs: number | null = null;
  for (const until = Date.now() + END_MS; ;) {
    const { kill, toSilentMs, sentence } = await persist(() => client.call('getKill', { params: { id: killId } }));
    const proved = kill.state === 'proved';
    if (toSilentMs !== null && (silentMs === null || proved)) story.silenced.push({ lane, killId, variantId, silentMs: silentMs ??= Date.now(), proved, untilMs: Infinity });
    if (proved) return;
    if (Date.now() > until) { story.troubles.push(`${lane} kill ${killId} was not proved: ${sentence}`); return; }
    await delay(100);
  }
}

async function endOf({ client }: Scene, lane: Lane, n: number): Promise<RolloutView | null> {
  const view = await where(client, { name: lane.name, n, limitMs: END_MS }, ({ rollout }) => rollout.endedAtMs !== null);
  // The deployment takes the end a moment later; before that the next one would be refused as busy.
  for (const until = Date.now() + END_MS; view !== null && Date.now() < until;) {
    const { deployment } = await persist(() => client.call('getDeployment', { params: { name: lane.name } }));
    if (deployment.status.activeRollout === null) return view;
    await delay(150);
  }
  return null;
}

async function where(client: Client, of: { readonly name: string; readonly n: number; readonly limitMs: number }, holds: (view: RolloutView) => boolean): Promise<RolloutView | null> {
  const { name, n, limitMs } = of;
  for (const until = Date.now() + limitMs; Date.now() < until;) {
    const view = await persist(() => client.call('getRollout', { params: { name, n } })).catch((error: unknown) => {
      if (isLastmileError(error) && error.code === 'LM_ROLLOUT_NOT_FOUND') return null;
      throw error;
    });
    if (view !== null && holds(view)) return view;
    await delay(300);
  }
  return null;
}

/** A caller that outlives faults: the same request again until it is answered for good. */
export async function persist<T>(call: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    try { return await call(); } catch (error) {
      // A key that a killed process reserved is free again after a minute; until then: still running.
      const again = isLastmileError(error) && (error.retryable || (error.code === 'LM_CONFLICT' && error.message.includes('still running')));
      if (!again || Date.now() > until) throw error;
      await delay(300);
    }
  }
}

interface Outcomes { push(name: string, inferenceId: string, value: 0 | 1): void; stop(): Promise<void> }

function startOutcomes(client: Client): Outcomes {
  let waiting: { name: string; inferenceId: string; value: 0 | 1 }[] = [];
  const stopping = new AbortController();
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    for (const name of new Set(batch.map((each) => each.name))) {
      const labels = batch.filter((each) => each.name === name).map(({ inferenceId, value }) => ({ inferenceId, value, source: 'chaos' }));
      await client.call('pushLabels', { params: { name }, body: { labels } }).catch(() => { if (waiting.length < 5_000) waiting.push(...batch.filter((each) => each.name === name)); });
    }
  };
  const running = (async (): Promise<void> => { while (!stopping.signal.aborted) { await flush(); await delay(LABELS_EVERY_MS); } })();
  return { push: (name, inferenceId, value) => { waiting.push({ name, inferenceId, value }); }, async stop() { stopping.abort(); await running; } };
}
