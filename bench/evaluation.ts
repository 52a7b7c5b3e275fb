import { sampleContract, sampleSpec } from '../conformance/stores/samples.ts';
import type { MicroBlock } from '../domain/analysis/blocks.ts';
import { draftPlan } from '../domain/analysis/drafting.ts';
import type { Evidence } from '../domain/analysis/evidence.ts';
import { foldedMetrics, foldMetric, isEmpty } from '../domain/analysis/fold.ts';
import { judge } from '../domain/analysis/judge.ts';
import { pageFrom, pageOf } from '../domain/analysis/pages.ts';
import { fixPlan } from '../domain/analysis/planning.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import { metricClock, slotRange } from '../domain/analysis/sealing.ts';
import type { Contract } from '../domain/contract.ts';
import type { Label, StoredLeg } from '../domain/record.ts';
import { uniforms } from '../domain/analysis/stats/seeded-random.ts';
import { runCommand } from '../scripts/run-command.ts';
import { figure, row, shown, spreadOf, writeTable } from './_shared/table.ts';

const DAY = 86_400_000;
const DAYS = 30;
const PORTION_MS = DAY / 4;
const A_DAY = [1_000, 10_000, 100_000] as const;
const ROUNDS = 9;
const STARTED_MS = 20_000 * DAY;
const CONTRACT: Contract = { ...sampleContract(), task: 'binary', positive: 1, classes: [0, 1] };

/** What one evaluation costs as traffic grows a hundredfold: thirty days of outcomes and health, folded and paged as the collector does it, judged in turns. */
function main(): Promise<number> {
  const plan = planOf();
  const sides = A_DAY.map((requests) => ({ requests, evidence: evidenceOf(plan, requests), times: [] as number[], kinds: new Set<string>() }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { evidence, times, kinds } of sides) {
      const before = performance.now();
      const { kind } = judge({ plan, evidence, progress: null, value: null, rulingMs: STARTED_MS + (DAYS + 2) * DAY, atMs: 1, n: 1 });
      // The first round warms up and does not count.
      if (round > 0) times.push(performance.now() - before);
      kinds.add(kind);
    }
  }
  const [least] = sides.map(({ times }) => spreadOf(times).median);
  const table = [row(['requests a day', 'requests judged', 'documents read', 'one evaluation, ms', 'against the least', 'verdict']), row(Array.from({ length: 6 }, () => '---'))];
  for (const { requests, evidence, times, kinds } of sides) {
    const spread = spreadOf(times);
    table.push(row([requests.toLocaleString('en'), (requests * DAYS).toLocaleString('en'), evidence.blocks.length + evidence.pages.length, shown(spread), figure(spread.median / (least ?? Number.NaN)), [...kinds].join()]));
  }
  process.stdout.write(`${table.join('\n')}\n`);
  writeTable('evaluation', [...table, '', `${String(ROUNDS)} rounds after one that does not count; ${String(DAYS)} days, slots of six hours and of a minute; Node ${process.versions.node}, ${process.platform}-${process.arch}.`]);
  return Promise.resolve(0);
}

function planOf(): AnalysisPlan {
  const base = sampleSpec();
  const spec = { ...base, spec: { ...base.spec, labels: { delayMs: DAY, maturityMs: DAY, coverage: 0.95, graceMs: DAY / 10, clock: 'gateway' as const }, rollout: { ...base.spec.rollout, goal: 'better' as const, cycleMs: DAY, minCycles: 2, pilotCycles: 0, horizonMs: 400 * DAY }, metrics: [{ name: 'accuracy', role: 'required' as const, margin: 0, lossBound: 0.3, proof: 'given-loss-bound' as const }] } };
  const plan = fixPlan(draftPlan({ tenantId: 'default', deploymentUid: 'dep', rolloutId: 'dep/1', champion: 'var_a', challenger: 'var_b', spec, specHash: 's', contract: CONTRACT, contractHash: 'c', startedMs: STARTED_MS, startedAtMs: STARTED_MS }), []);
  if (plan === null) throw new Error('a plan without a pilot is fixed at once');
  return plan;
}

/** Every slot folded from its legs; health and the split in closed pages. */
function evidenceOf(plan: AnalysisPlan, perDay: number): Evidence {
  const blocks: MicroBlock[] = [];
  const u = uniforms(perDay);
  for (let from = STARTED_MS; from < STARTED_MS + DAYS * DAY; from += PORTION_MS) {
    const { legs, labels } = traffic(u, from, perDay / 4);
    for (const metric of foldedMetrics(plan)) blocks.push(...blocksOf(plan, metric, { from, legs, labels }));
  }
  const isPaired = ({ sums }: MicroBlock): boolean => sums.kind === 'paired';
  const paged = grouped(blocks.filter((block) => !isPaired(block)), ({ metric, slot }) => `${metric} ${String(pageOf(slot))}`);
  return { blocks: blocks.filter(isPaired), pages: [...paged.values()].map(pageFrom) };
}

function blocksOf(plan: AnalysisPlan, metric: string, { from, legs, labels }: { from: number; legs: readonly StoredLeg[]; labels: readonly Label[] }): MicroBlock[] {
  const { toMs, fromMs } = slotRange(plan, metric, 0);
  const tauMs = toMs - fromMs;
  const bySlot = grouped(legs, ({ atMs }) => Math.floor(atMs / tauMs));
  return [...bySlot].flatMap(([slot, of]): MicroBlock[] => {
    const sums = foldMetric({ metric, plan, contract: CONTRACT, value: null, legs: of, labels: metricClock(plan, metric) === 'ruling' ? labels : [] });
    return isEmpty(sums) ? [] : [{ tenantId: 'default', rolloutId: 'dep/1', metric, slot, fromMs: slot * tauMs, toMs: (slot + 1) * tauMs, state: 'sealed', sums, sealedAtMs: from }];
  });
}

function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Both answer; the challenger is right a little more often. */
function traffic(u: () => number, from: number, requests: number): { legs: StoredLeg[]; labels: Label[] } {
  const common = { tenantId: 'default', deploymentUid: 'dep', rolloutId: null, alias: null, revision: 1, eventMs: null, status: 200, error: null, latencyMs: 3, offContract: null, unscored: null, response: null, request: null, leaseLost: false, assignmentPer10k: 10_000 } as const;
  const legs: StoredLeg[] = [];
  const labels: Label[] = [];
  for (let i = 0; i < requests; i += 1) {
    const inferenceId = `inf_${String(from)}_${String(i)}`;
    const atMs = from + Math.floor((i * PORTION_MS) / requests);
    const outcome = Number(u() < 0.3);
    for (const [variantId, role, right] of [['var_a', 'champion', 0.8], ['var_b', 'shadow', 0.83]] as const) {
      const klass = u() < right ? outcome : 1 - outcome;
      legs.push({ ...common, inferenceId, variantId, role, atMs, rulingMs: atMs, receivedAtMs: atMs, predictions: [{ row: 0, score: klass, klass }] });
    }
    labels.push({ tenantId: 'default', deploymentUid: 'dep', inferenceId, row: 0, value: outcome, labelMs: atMs + DAY, receivedAtMs: atMs + DAY, source: 'bench' });
  }
  return { legs, labels };
}

if (import.meta.main) runCommand(main);
