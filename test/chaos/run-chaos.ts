import { setTimeout as delay } from 'node:timers/promises';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { randomFault, type Fault, type ProcessKind } from './faults.ts';
import { lanesOf } from './lanes.ts';
import { startHarness, type Harness, type HarnessOptions } from './harness.ts';
import { startOracles, type Oracles } from './oracles.ts';
import { startOutside } from './outside.ts';
import { reportOf, type Histories, type Injected, type Report } from './report.ts';
import { dice, type Dice } from './seed.ts';
import { startWorkload, type Workload } from './workload.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly rollouts: number;
  readonly tools: HarnessOptions['tools'];
  readonly portBase: number;
  /** One random fault of each of these first, in this order; then random ones for as long as rollouts run. */
  readonly kinds: readonly ProcessKind[];
  /** After the named ones go on with any. */
  readonly goOn: boolean;
  /** Faults of these kinds alone; empty: of any. */
  readonly only?: readonly string[];
  /** How many times every lane stands side by side; absent: once. */
  readonly sets?: number;
  /** No rollout begins after so many; absent: until all have ended. */
  readonly minutes?: number | null;
  say(line: string): void;
}

const RECOVERY_MS = 120_000;
const POLL_MS = 100;
const GOOD_IN_A_ROW = 2;
const QUIET_MS: readonly [number, number] = [500, 2_500];
const PROGRESS_MS = 30_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const BROKEN_OFF = 130;

/** The whole of it: product up, rollouts under traffic, faults one after the other, each healed and waited out; then the end is looked at. */
export async function runChaos(options: ChaosOptions): Promise<Report> {
  const rolls = dice(options.seed);
  const outside = await startOutside();
  const harness = await startHarness({ tools: options.tools, portBase: options.portBase, webhookUrl: `${outside.url}/notices` }).catch(async (error: unknown) => { await outside.close(); throw error; });
  // A run that is broken off leaves no process behind.
  const brokenOff = (): void => { void harness.stop().finally(() => { process.exit(BROKEN_OFF); }); };
  for (const signal of SIGNALS) process.once(signal, brokenOff);
  try {
    const startedMs = Date.now();
    const workload = await startWorkload({ harness, outside, rollouts: options.rollouts, dice: rolls.fork('workload'), lanes: lanesOf(options.sets ?? 1), ...(typeof options.minutes === 'number' ? { untilMs: startedMs + options.minutes * 60_000 } : {}) });
    const oracles = await startOracles(harness);
    const injected: Injected[] = [];
    let told = 0;
    // A run that is broken off, or meets its limit, has told its troubles by then.
    const speaking = setInterval(() => {
      const { story: { troubles } } = workload;
      for (; told < troubles.length; told += 1) options.say(`trouble: ${troubles[told] ?? ''}`);
      options.say(progressLine(workload, injected, startedMs));
    }, PROGRESS_MS);
    try {
      await inject(options, { harness, workload, oracles, rolls: rolls.fork('faults'), injected });
      await workload.done();
      await workload.stop();
      const end = await oracles.atTheEnd(workload.story.accepted);
      const histories = await countHistories(harness);
      return reportOf({ seed: options.seed, story: workload.story, injected, oracles, end, histories, outside, harness, tookMs: Date.now() - startedMs });
    } finally {
      clearInterval(speaking);
      await oracles.stop();
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, brokenOff);
    await harness.stop();
    await outside.close();
  }
}

interface Scene { readonly harness: Harness; readonly workload: Workload; readonly oracles: Oracles; readonly rolls: Dice; readonly injected: Injected[] }

async function inject({ kinds, goOn, only = [], ...options }: ChaosOptions, scene: Scene): Promise<void> {
  const say = (line: string): void => { options.say(line); };
  const { workload, rolls, injected } = scene;
  for (const kind of kinds) await one(scene, randomFault(rolls, kind, only), say);
  while (goOn && workload.isRunning()) {
    await delay(rolls.between(...QUIET_MS));
    if (workload.isRunning()) await one(scene, randomFault(rolls, null, only), say);
  }
  if (injected.length === 0) say('no fault was injected: the rollouts ended before the first');
}

async function one(scene: Scene, fault: Fault, say: (line: string) => void): Promise<void> {
  const { harness, rolls, injected } = scene;
  const pid = fault.process === null ? null : harness.processes[fault.process].pid();
  const fromMs = Date.now();
  await fault.inject(harness);
  await delay(rolls.between(...fault.lasts));
  await fault.heal(harness);
  const healedMs = Date.now();
  const recoveryMs = await recovered(scene, healedMs);
  injected.push({ fault, pid, fromMs, healedMs, wellMs: recoveryMs === null ? Date.now() : healedMs + recoveryMs, recoveryMs });
  say(`${String(injected.length)}: ${fault.name}, ${String(healedMs - fromMs)} ms; ${recoveryMs === null ? 'NOT well again' : `well again after ${String(recoveryMs)} ms`}`);
}

/** From the heal on: the API finds everything well, callers of both backends get answers, and rollouts take steps. Null: not within two minutes. */
async function recovered({ harness, workload, oracles }: Scene, healedMs: number): Promise<number | null> {
  const before = await oracles.steps();
  const isWell = async (): Promise<boolean> => {
    if (!workload.callers.every((caller) => caller.goodSince(healedMs) >= GOOD_IN_A_ROW)) return false;
    const health = await fetch(`${harness.apiUrl}/api/v1/health`, { signal: AbortSignal.timeout(2_500) }).then((answer) => answer.json() as Promise<{ status: string }>, () => null);
    if (health?.status !== 'ok') return false;
    const now = await oracles.steps();
    return !workload.isRunning() || (now !== null && now > (before ?? 0));
  };
  while (Date.now() - healedMs < RECOVERY_MS) {
    if (await isWell()) return Date.now() - healedMs;
    await delay(POLL_MS);
  }
  return null;
}

/** The largest event is looked for in this many histories. */
const MEASURED = 20;

async function countHistories({ temporalAddress }: Harness): Promise<Histories> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const client = new TemporalClient({ connection });
    const facts = { workflows: 0, running: 0, failed: 0, events: 0, largestEvent: 0 };
    for await (const { status, historyLength, workflowId, runId } of client.workflow.list({ query: "WorkflowType = 'rollout'" })) {
      facts.workflows += 1;
      facts.events += historyLength;
      if (facts.workflows <= MEASURED) {
        const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        facts.largestEvent = Math.max(facts.largestEvent, ...(events ?? []).map((event) => JSON.stringify(event).length));
      }
      if (status.name === 'RUNNING') facts.running += 1;
      else if (status.name !== 'COMPLETED' && status.name !== 'CONTINUED_AS_NEW') facts.failed += 1;
    }
    return facts;
  } finally { await connection.close(); }
}

function progressLine({ story }: Workload, injected: readonly Injected[], startedMs: number): string {
  return `${String(Math.round((Date.now() - startedMs) / 1_000))} s: ${String(story.accepted.length)} rollouts ended, ${String(injected.length)} faults, ${String(story.seen.length)} requests, ${String(story.troubles.length)} troubles`;
}
