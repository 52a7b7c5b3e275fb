import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { stores as databases } from '../adapters/store/index.ts';
import { connect, type Database } from '../adapters/store/mongodb/connection.ts';
import { toDocument } from '../adapters/store/mongodb/documents.ts';
import type { MetricLine } from '../collector/comparison.ts';
import { closePages } from '../collector/paging.ts';
import { loadEnvironment } from '../config/environment.ts';
import { sampleContract, sampleSpec } from '../conformance/stores/samples.ts';
import type { Count, MicroBlock } from '../domain/analysis/blocks.ts';
import { draftPlan } from '../domain/analysis/drafting.ts';
import { foldedMetrics } from '../domain/analysis/fold.ts';
import { judge } from '../domain/analysis/judge.ts';
import { fixPlan } from '../domain/analysis/planning.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import { firstSlot, metricClock, slotRange } from '../domain/analysis/sealing.ts';
import type { Verdict } from '../domain/analysis/verdict.ts';
import type { Stores } from '../ports/stores.ts';
import { createProgress } from '../scripts/progress.ts';
import { runCommand } from '../scripts/run-command.ts';
import { startTestMongod } from '../scripts/supervisor/test-servers.ts';
import { ensureTools } from '../scripts/tools.ts';
import { figure, row, shown, spreadOf, writeTable, type Spread } from './_shared/table.ts';

const HOUR = 3_600_000;
const LENGTHS = [['1 hour', HOUR], ['1 day', 24 * HOUR], ['30 days', 720 * HOUR]] as const;
const ROUNDS = 7;
const STARTED_MS = 1_780_000_000_000;
const AT_ONCE = 10_000;

/** One store that holds a rollout whole. */
interface Side { readonly stores: Stores; readonly database: Database; readonly times: number[] }
interface Volume { readonly documents: number; readonly bytes: number; readonly diskBytes: number }
interface Measured { readonly blocks: number; readonly tauMs: number; readonly single: { volume: Volume; spread: Spread }; readonly paged: { volume: Volume; spread: Spread }; readonly closingMs: number }

/** Reads and judges rollouts of three lengths, all single blocks against closed pages, in turns, on a mongod of its own. */
async function main(): Promise<number> {
  const progress = createProgress(process.stderr);
  const { mongod } = await ensureTools(['mongod'], { config: loadEnvironment(), progress });
  const server = await startTestMongod(mongod);
  try {
    const rows: string[] = [];
    for (const [name, lengthMs] of LENGTHS) {
      const step = progress.step(name);
      rows.push(rowOf(name, await measure(server.mongodbUri, lengthMs)));
      step.done();
    }
    const table = [row(['rollout', 'slot', 'blocks', 'documents', 'BSON, MB', 'on disk, MB', 'read and judge single blocks, ms', 'read and judge pages, ms', 'ratio of medians', 'closing all, ms']), row(Array.from({ length: 10 }, () => '---')), ...rows];
    writeTable('evidence-volume', [...table, '', `${String(ROUNDS)} rounds after one that does not count; Node ${process.versions.node}, ${process.platform}-${process.arch}; documents and sizes are single → pages.`]);
    process.stdout.write(`${table.join('\n')}\n`);
    return 0;
  } finally {
    await server.stop();
    progress.close();
  }
}

async function measure(uri: string, lengthMs: number): Promise<Measured> {
  const plan = planOf(lengthMs);
  const [single, paged] = [await filled(uri, plan, lengthMs), await filled(uri, plan, lengthMs)];
  try {
    const began = performance.now();
    const lines = foldedMetrics(plan).map((metric) => lineOf(plan, metric, lengthMs));
    while (await closePages(paged.stores.evidence, { plan, lines }) > 0) { /* A turn of the collector each. */ }
    const closingMs = performance.now() - began;
    for (let round = 0; round <= ROUNDS; round += 1) {
      const [first, second] = round % 2 === 0 ? [single, paged] : [paged, single];
      assert.deepEqual(await timed(first, plan, round > 0), await timed(second, plan, round > 0));
    }
    const side = async ({ database, times }: Side): Promise<Measured['single']> => ({ volume: await volumeOf(database), spread: spreadOf(times) });
    return { blocks: foldedMetrics(plan).length * slotsIn(plan, lengthMs), tauMs: tauOf(plan), single: await side(single), paged: await side(paged), closingMs };
  } finally {
    for (const { stores, database } of [single, paged]) {
      await database.db.dropDatabase();
      await Promise.all([stores.close(), database.client.close()]);
    }
  }
}

async function timed({ stores, times }: Side, plan: AnalysisPlan, counts: boolean): Promise<Verdict> {
  const began = performance.now();
  const evidence = await stores.evidence.summary(plan.tenantId, plan.rolloutId);
  const verdict = judge({ plan, evidence, progress: null, value: null, rulingMs: plan.startedMs + plan.horizonMs, atMs: 0, n: 1 });
  if (counts) times.push(performance.now() - began);
  assert.notEqual(verdict.evidenceHash, null);
  return verdict;
}

function planOf(horizonMs: number): AnalysisPlan {
  const file = sampleSpec();
  const spec = { ...file, spec: { ...file.spec, labels: null, metrics: [], value: null, rollout: { ...file.spec.rollout, goal: 'healthy' as const, cycleMs: HOUR / 4, horizonMs } } };
  const plan = fixPlan(draftPlan({ tenantId: 'bench', deploymentUid: 'dep_bench', rolloutId: 'dep_bench/1', champion: 'var_a', challenger: 'var_b', spec, specHash: 'sha256:s', contract: sampleContract(), contractHash: 'sha256:c', startedMs: STARTED_MS, startedAtMs: STARTED_MS }), []);
  assert.ok(plan);
  return plan;
}

function tauOf(plan: AnalysisPlan): number { return slotRange(plan, 'errors', 0).toMs; }
function slotsIn(plan: AnalysisPlan, lengthMs: number): number { return Math.floor(lengthMs / tauOf(plan)); }
function lineOf(plan: AnalysisPlan, metric: string, lengthMs: number): MetricLine {
  const last = firstSlot(plan, metric) + slotsIn(plan, lengthMs) - 1;
  return { metric, clock: metricClock(plan, metric), storedUpTo: last, sealedUpTo: last, held: false, pagedBefore: null };
}

/** A block in every slot, as the store writes them, thousands at a time. */
async function filled(uri: string, plan: AnalysisPlan, lengthMs: number): Promise<Side> {
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database: name });
  await stores.prepare();
  const database = connect({ uri, database: name });
  const into = database.db.collection<{ _id: string }>('blocks');
  const slots = slotsIn(plan, lengthMs);
  for (let from = 0; from < slots; from += AT_ONCE / 4) {
    const many = Array.from({ length: Math.min(AT_ONCE / 4, slots - from) }, (_, i) => foldedMetrics(plan).map((metric) => blockOf(plan, metric, firstSlot(plan, metric) + from + i))).flat();
    await into.insertMany(many.map((block) => toDocument(`${block.tenantId}/${block.rolloutId}/${block.metric}/${String(block.slot)}`, block.tenantId, block)));
  }
  return { stores, database, times: [] };
}

/** Counts of a busy deployment, made of the slot. */
function blockOf(plan: AnalysisPlan, metric: string, slot: number): MicroBlock {
  const count = (n: number): Count => ({ n: n + (slot % 97), bad: Number(slot % 50 === 0) });
  const sums: MicroBlock['sums'] = metric === 'share' ? { kind: 'share', cells: [{ challengerPer10k: 500, challenger: 50 + (slot % 5), total: 1_000 + (slot % 97) }] }
    : { kind: 'rate', champion: count(950), challengerServing: count(50), challengerShadow: count(950), championShadow: count(50) };
  const range = slotRange(plan, metric, slot);
  return { tenantId: plan.tenantId, rolloutId: plan.rolloutId, metric, slot, ...range, state: 'sealed', sums, sealedAtMs: range.toMs + 1_234 };
}

/** Documents and bytes of evidence. On disk with indexes; of a store with pages, without the room that its removed blocks leave to later ones. */
async function volumeOf({ db, client }: Database): Promise<Volume> {
  await client.db('admin').command({ fsync: 1 });
  const stats = await Promise.all(['blocks', 'pages'].map((name) => db.command({ collStats: name })));
  const sum = (of: (each: typeof stats[number]) => unknown): number => stats.reduce((total, each) => total + Number(of(each)), 0);
  const filledUp = stats.some(({ ns, count }) => String(ns).endsWith('.pages') && Number(count) > 0);
  const onDisk = stats.filter(({ ns }) => !filledUp || String(ns).endsWith('.pages'));
  return { documents: sum(({ count }) => count), bytes: sum(({ size }) => size), diskBytes: onDisk.reduce((total, { storageSize, totalIndexSize }) => total + Number(storageSize) + Number(totalIndexSize), 0) };
}

function rowOf(name: string, { blocks, tauMs, single, paged, closingMs }: Measured): string {
  const mb = (bytes: number): string => figure(bytes / 1e6);
  return row([
    name, `${figure(tauMs / 1_000)} s`, blocks.toLocaleString('en'), `${single.volume.documents.toLocaleString('en')} → ${paged.volume.documents.toLocaleString('en')}`,
    `${mb(single.volume.bytes)} → ${mb(paged.volume.bytes)}`, `${mb(single.volume.diskBytes)} → ${mb(paged.volume.diskBytes)}`, shown(single.spread), shown(paged.spread), figure(single.spread.median / paged.spread.median), figure(closingMs),
  ]);
}

if (import.meta.main) runCommand(main);
