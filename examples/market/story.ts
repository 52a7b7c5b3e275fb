import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Client } from '../../cli/client.ts';
import type { FeedSummary } from '../../cli/feed/engine.ts';
import type { Gateway } from '../../cli/gateway.ts';
import { renderMoney } from '../../cli/render/verdict.ts';
import { isLastmileError } from '../../domain/errors.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import { chapterOf, healthAgainstMoney, whatIsMissing, type Chapter } from './chapters.ts';
import { followRollout } from './follow.ts';
import { startTraffic, type Traffic } from './market-traffic.ts';
import { toOnnx } from './onnx.ts';
import { publishVersion } from './publish.ts';
import { SEED, trainMarket, type Changes, type TrainedVersion } from './train.ts';

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

/** Every verdict of the story as the API gave it. `told` is true only when nothing is missing; `traffic` is without outcomes that are not due yet. */
export interface StorySummary { readonly deployment: string; readonly told: boolean; readonly missing: readonly string[]; readonly chapters: readonly Chapter[]; readonly traffic: FeedSummary | null }

/**
 * Trains four versions, puts the first live, and lets each later one try. Which line is printed when depends on verdicts alone.
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
      const chapter = tellChapter(options, version);
      chapter.catch(() => undefined);
      chapters.push(await (traffic === null ? chapter : Promise.race([chapter, traffic.failed])));
      traffic ??= await startTraffic({ ...options, deployment: DEPLOYMENT, seed: options.seed ?? SEED, rate: () => rate.now });
    }
    const missing = whatIsMissing(chapters);
    closing(say, chapters, missing);
    if (!options.exit && traffic !== null) {
      rate.now = options.rateAfter;
      say(`Traffic goes on at ${options.rateAfter} requests a second until Ctrl-C.`);
      await Promise.race([aborted(options.signal), traffic.failed]);
    }
    return summaryOf(chapters, missing, await traffic?.stop() ?? null);
  } finally {
    over.abort();
    await traffic?.stop();
  }
}

function summaryOf(chapters: readonly Chapter[], missing: readonly string[], traffic: FeedSummary | null): StorySummary {
  return { deployment: DEPLOYMENT, told: missing.length === 0, missing, chapters, traffic: traffic === null ? null : { ...traffic, pending: [] } };
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
  const owner = await client.call('explain', { params: { name: DEPLOYMENT }, query: { for: 'owner', rollout: n } });
  say(`  ${owner.text}`);
  if (version === '4') for (const line of healthAgainstMoney(chapter, renderMoney)) say(`  ${line}`);
  for (const link of [chapter.links.page, chapter.links.temporal]) if (link !== null) say(`  ${link}`);
  return chapter;
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

function closing(say: (line: string) => void, chapters: readonly Chapter[], missing: readonly string[]): void {
  say('');
  say('What happened:');
  for (const { version, outcome, money } of chapters) say(`  version ${version}: ${outcome ?? 'not ended'}${money === null ? '' : `; ${renderMoney(money)}`}`);
  for (const line of missing) say(`  not as promised: ${line}`);
  say('');
  say('Look closer:');
  for (const command of [`lastmile status ${DEPLOYMENT}`, `lastmile explain ${DEPLOYMENT} --evidence`, `lastmile history ${DEPLOYMENT}`]) say(`  ${command}`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => { signal.addEventListener('abort', resolve, { once: true }); });
}
