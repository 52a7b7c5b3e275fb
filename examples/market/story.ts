import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KillView } from '../../api/contract.ts';
import type { Client } from '../../cli/client.ts';
import type { FeedSummary } from '../../cli/feed/engine.ts';
import type { Gateway } from '../../cli/gateway.ts';
import { renderMoney } from '../../cli/render/verdict.ts';
import { isLastmileError } from '../../domain/errors.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import type { Changes } from './changes.ts';
import { chapterOf, healthAgainstMoney, whatIsMissing, type Chapter } from './chapters.ts';
import { followRollout } from './follow.ts';
import { startTraffic, type Traffic } from './market-traffic.ts';
import { toOnnx } from './onnx.ts';
import { publishVersion } from './publish.ts';
import { pullThePlug, whatTheKillLacks } from './pull-the-plug.ts';
import { SEED, trainMarket, type TrainedVersion } from './train.ts';

export const DEPLOYMENT = 'market-signal';

export interface StoryOptions {
  readonly client: Client;
  readonly gateway: Gateway;
  /** Root of the filesystem registry that the workers read. */
  readonly registryDir: string;
  /** Where the stream's position is kept, so that a second start goes on. */
  readonly positionFile: string;
  readonly say: (line: string) => void;
  readonly changes: Changes;
  /** Rows a second while the story runs (null: what the machine takes), and afterwards. */
  readonly rate: number | null;
  readonly rateAfter: number;
  /** End when the story is told, instead of going on until the signal. */
  readonly exit: boolean;
  readonly signal: AbortSignal;
  readonly seed?: number;
}

/** Every verdict of the story and the proof of its kill, as the API gave them. `told` is true only when nothing is missing; `traffic` is without outcomes that are not due yet. */
export interface StorySummary { readonly deployment: string; readonly told: boolean; readonly missing: readonly string[]; readonly chapters: readonly Chapter[]; readonly kill: KillView; readonly traffic: FeedSummary | null }

/**
 * Trains four versions, puts the first live, lets each later one try, and takes the champion off at the end. Which line is printed when depends on verdicts and the kill's record alone.
 * Throws LastmileError when the machinery fails; a story that ends otherwise than promised is no error but a summary that says what is missing.
 */
export async function runStory(given: StoryOptions): Promise<StorySummary> {
  const over = new AbortController();
  const options = { ...given, signal: AbortSignal.any([given.signal, over.signal]) };
  const { say } = options;
  const versions = publishAll(options);
  const chapters: Chapter[] = [];
  const rate = { now: options.rate };
  let traffic: Traffic | null = null;
  try {
    for (const version of versions) {
      chapters.push(await beside(traffic, tellChapter(options, version)));
      traffic ??= await startTraffic({ ...options, deployment: DEPLOYMENT, seed: options.seed ?? SEED, rate: () => rate.now });
    }
    const kill = await beside(traffic, pullThePlug({ ...options, deployment: DEPLOYMENT, scope: { kind: options.changes.killScope } }));
    const missing = [...whatIsMissing(chapters), ...whatTheKillLacks(kill)];
    closing(say, { chapters, kill, missing });
    if (!options.exit && traffic !== null) {
      rate.now = options.rateAfter;
      say(`Traffic goes on at ${options.rateAfter} requests a second until Ctrl-C${kill.kill.answering === null ? '' : `; version ${kill.kill.answering} answers it`}.`);
      await Promise.race([aborted(options.signal), traffic.failed]);
    }
    return summaryOf({ chapters, kill, missing }, await traffic?.stop() ?? null);
  } finally {
    over.abort();
    await traffic?.stop();
  }
}

/** What is told, unless the traffic ends first: without it no verdict would ever come. */
async function beside<T>(traffic: Traffic | null, told: Promise<T>): Promise<T> {
  told.catch(() => undefined);
  return traffic === null ? told : Promise.race([told, traffic.failed]);
}

type Told = Pick<StorySummary, 'chapters' | 'kill' | 'missing'>;
function summaryOf(told: Told, traffic: FeedSummary | null): StorySummary {
  return { deployment: DEPLOYMENT, told: told.missing.length === 0, ...told, traffic: traffic === null ? null : { ...traffic, pending: [] } };
}

function publishAll({ registryDir, changes, seed, say }: StoryOptions): readonly TrainedVersion[] {
  const versions = trainMarket(seed ?? SEED, changes);
  for (const { version, about, trainedOn, model } of versions) {
    publishVersion(registryDir, { name: DEPLOYMENT, version, bytes: toOnnx(model) });
    say(`trained version ${version}: ${about} (${trainedOn.toLocaleString('en-US')} rows)`);
  }
  return versions;
}

/** Tries one version and follows it to its end; a version that was tried before keeps its verdict. */
async function tellChapter(options: StoryOptions, { version, about }: TrainedVersion): Promise<Chapter> {
  const { client, say, signal } = options;
  const model = `filesystem:${DEPLOYMENT}@${version}`;
  say('');
  say(`Version ${version}: ${about}.`);
  const n = (await earlierRollout(client, model))?.n ?? await startVersion(client, model, signal);
  const view = await followRollout({ client, deployment: DEPLOYMENT, n, signal, say: (line) => { say(`  ${line}`); } });
  const chapter = chapterOf(version, view);
  await settled(client, view.rollout.rolloutId, signal);
  const owner = await client.call('explain', { params: { name: DEPLOYMENT }, query: { for: 'owner', rollout: n } });
  say(`  ${owner.text}`);
  if (version === '4') for (const line of healthAgainstMoney(chapter, renderMoney)) say(`  ${line}`);
  for (const link of [chapter.links.page, chapter.links.temporal]) if (link !== null) say(`  ${link}`);
  return chapter;
}

/** The deployment hears of a rollout's end a moment after it: only then the paragraph for the owner names who decides now. */
async function settled(client: Client, rolloutId: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < BUSY_PATIENCE; attempt += 1) {
    const { deployment } = await client.call('getDeployment', { params: { name: DEPLOYMENT } });
    if (deployment.status.activeRollout !== rolloutId) return;
    await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT_MS));
    signal.throwIfAborted();
  }
}

async function earlierRollout(client: Client, model: string): Promise<RolloutRecord | null> {
  try {
    const { items } = await client.call('listRollouts', { params: { name: DEPLOYMENT }, query: { limit: 200 } });
    return items.find((item) => item.model === model) ?? null;
  } catch (error) {
    if (isLastmileError(error) && error.code === 'LM_DEPLOYMENT_NOT_FOUND') return null;
    throw error;
  }
}

const BUSY_WAIT_MS = 300;
const BUSY_PATIENCE = 100;

/** The file with another version to try. The rollout before may need a moment to leave. */
async function startVersion(client: Client, model: string, signal: AbortSignal): Promise<number> {
  const file = parse(readFileSync(join(import.meta.dirname, 'deployment.yaml'), 'utf8')) as { spec: Record<string, unknown> };
  const body = { spec: { ...file, spec: { ...file.spec, model } }, retry: false, reason: null };
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await client.call('apply', { params: { name: DEPLOYMENT }, body });
      if (answer.rollout !== null) return answer.rollout;
      const earlier = await earlierRollout(client, model);
      if (earlier !== null) return earlier.n;
    } catch (error) {
      if (attempt >= BUSY_PATIENCE || !isLastmileError(error) || !(error.code === 'LM_ROLLOUT_IN_PROGRESS' || error.retryable)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT_MS));
    signal.throwIfAborted();
  }
}

function closing(say: (line: string) => void, { chapters, kill, missing }: Told): void {
  say('');
  say('What happened:');
  for (const { version, outcome, money } of chapters) say(`  version ${version}: ${outcome ?? 'not ended'}${money === null ? '' : `; ${renderMoney(money)}`}`);
  say(`  kill: ${kill.sentence}`);
  for (const line of missing) say(`  not as promised: ${line}`);
  say('');
  say('Look closer:');
  for (const command of [`lastmile status ${DEPLOYMENT}`, `lastmile explain ${DEPLOYMENT} --evidence`, `lastmile history ${DEPLOYMENT}`, `lastmile kills ${DEPLOYMENT}`]) say(`  ${command}`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => { signal.addEventListener('abort', resolve, { once: true }); });
}
