import { sampleContract } from '../conformance/stores/samples.ts';
import { foldRows } from '../domain/analysis/fold-rows.ts';
import { accuracy } from '../domain/analysis/metrics/accuracy.ts';
import { brier } from '../domain/analysis/metrics/brier.ts';
import { requestsOf } from '../domain/analysis/requests.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import { countInto, quantileEdges } from '../domain/drift/histogram.ts';
import { cutInCells } from '../domain/drift/ordered-cells.ts';
import { emptySketch, sketched } from '../domain/drift/log-sketch.ts';
import type { Label, StoredLeg } from '../domain/record.ts';
import { normals, uniforms } from '../domain/analysis/stats/seeded-random.ts';
import { runCommand } from '../scripts/run-command.ts';
import { figure, row, spreadOf, writeTable } from './_shared/table.ts';

const ROUNDS = 7;
const REQUESTS = 200_000;
/** Of a window that the collector reads at once (collector/seal.ts). */
const IN_A_SLOT = 5_000;
const VALUES = 1_000_000;
const CATEGORIES = 20;

interface Work { readonly name: string; readonly items: number; readonly run: () => unknown }

/** How much one core folds and counts, in process: the pure functions of the collector and of drift, all of them in turns, round by round. */
function main(): Promise<number> {
  const works = everything();
  const times = new Map(works.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { name, run } of works) {
      const before = performance.now();
      run();
      // The first round warms up and does not count.
      if (round > 0) times.get(name)?.push(performance.now() - before);
    }
  }
  const table = [row(['work', 'items', 'million a second', 'least', 'most']), row(['---', '---', '---', '---', '---'])];
  for (const { name, items } of works) {
    const { median, least, most } = spreadOf((times.get(name) ?? []).map((ms) => items / ms / 1_000));
    table.push(row([name, items.toLocaleString('en'), figure(median), figure(least), figure(most)]));
  }
  process.stdout.write(`${table.join('\n')}\n`);
  writeTable('analysis', [...table, '', `${String(ROUNDS)} rounds after one that does not count; one core; Node ${process.versions.node}, ${process.platform}-${process.arch}.`]);
  return Promise.resolve(0);
}

function everything(): readonly Work[] {
  const { legs, labels } = traffic();
  const plan: Pick<AnalysisPlan, 'champion' | 'challenger' | 'rolloutId'> = { champion: 'var_a', challenger: 'var_b', rolloutId: 'dep/1' };
  const requests = requestsOf(plan as AnalysisPlan, legs);
  const slots = Array.from({ length: REQUESTS / IN_A_SLOT }, (_, k) => ({ requests: requests.slice(k * IN_A_SLOT, (k + 1) * IN_A_SLOT), labels: labels.slice(k * IN_A_SLOT, (k + 1) * IN_A_SLOT) }));
  const terms = { contract: { ...sampleContract(), task: 'binary' as const, positive: 1, classes: [0, 1] }, value: null, quantile: null };
  const z = normals(5);
  const numbers = Float64Array.from({ length: VALUES }, () => Math.exp(z()));
  const edges = quantileEdges(cutInCells(numbers, numbers), 20);
  const u = uniforms(7);
  const categories = Array.from({ length: VALUES }, () => `category ${String(Math.floor(u() * CATEGORIES))}`);
  return [
    { name: 'legs put together to pairs', items: REQUESTS, run: () => requestsOf(plan as AnalysisPlan, legs) },
    ...[accuracy, brier].map((metric) => ({ name: `pairs folded in slots of ${IN_A_SLOT.toLocaleString('en')}, ${metric.name}`, items: REQUESTS, run: () => slots.map((slot) => foldRows({ metric, terms, range: { lo: -1, hi: 1 }, ...slot })) })),
    { name: 'pairs folded in one slot, accuracy', items: REQUESTS, run: () => foldRows({ metric: accuracy, terms, range: { lo: -1, hi: 1 }, requests, labels }) },
    { name: 'pairs folded in one slot, brier', items: REQUESTS, run: () => foldRows({ metric: brier, terms, range: { lo: -1, hi: 1 }, requests, labels }) },
    { name: 'drift: numbers counted into 20 bins', items: VALUES, run: () => countInto(numbers, edges) },
    { name: 'drift: texts counted into 20 categories', items: VALUES, run: () => counted(categories) },
    { name: 'drift: numbers into a sketch of 1 %', items: VALUES, run: () => sketched(emptySketch(0.01), numbers) },
  ];
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** As the collector reads them: two legs a request, in order of time, and a label for each. */
function traffic(): { readonly legs: readonly StoredLeg[]; readonly labels: readonly Label[] } {
  const u = uniforms(3);
  const common = { tenantId: 'default', deploymentUid: 'dep', rolloutId: null, alias: null, status: 200, error: null, latencyMs: 3, offContract: null, unscored: null, response: null, request: null };
  const legs: StoredLeg[] = [];
  const labels: Label[] = [];
  for (let i = 0; i < REQUESTS; i += 1) {
    const inferenceId = `inf_${String(i).padStart(32, '0')}`;
    for (const [variantId, role] of [['var_a', 'champion'], ['var_b', 'shadow']] as const) {
      const score = u();
      legs.push({ ...common, inferenceId, variantId, role, atMs: i, rulingMs: i, receivedAtMs: i, predictions: [{ row: 0, score, klass: score >= 0.5 ? 1 : 0 }] } as unknown as StoredLeg);
    }
    labels.push({ tenantId: 'default', deploymentUid: 'dep', inferenceId, row: 0, value: u() < 0.5 ? 1 : 0, labelMs: i, receivedAtMs: i, source: 'bench' });
  }
  return { legs, labels };
}

if (import.meta.main) runCommand(main);
