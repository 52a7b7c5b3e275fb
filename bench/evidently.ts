import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadEnvironment } from '../config/environment.ts';
import { stabilityIndex } from '../domain/drift/distances.ts';
import { countInto, paired } from '../domain/drift/histogram.ts';
import { cutInCells } from '../domain/drift/ordered-cells.ts';
import { smirnovP, smirnovStatistic } from '../domain/drift/kolmogorov-smirnov.ts';
import { uniforms } from '../domain/analysis/stats/seeded-random.ts';
import { ensureEvidently } from '../scripts/foreign/evidently.ts';
import { runCommand } from '../scripts/run-command.ts';
import { figure, row, shown, spreadOf, writeTable } from './_shared/table.ts';

const ROWS = 1_000_000;
const COLUMNS = 10;
const ROUNDS = 5;
const PEER = join(import.meta.dirname, '_shared', 'evidently-peer.py');
type Method = 'psi' | 'ks';
const METHODS: readonly Method[] = ['psi', 'ks'];
interface Answer { readonly seconds: number; readonly values: readonly number[] }

/** One million rows by ten columns, us and the peer in turns; what both compute from one definition must agree. A run that counts follows one that does not, so that neither pays for the other's turn in the caches. */
async function main(): Promise<number> {
  const python = await ensureEvidently(loadEnvironment().toolsDir, (line) => { process.stderr.write(`${line}\n`); });
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-evidently-'));
  const samples = { ref: sample(1, 1), cur: sample(2, 1.1) };
  for (const [name, columns] of Object.entries(samples)) writeFileSync(join(folder, name), Buffer.concat(columns.map((column) => Buffer.from(column.buffer))));
  // One core each, as ours has.
  const child = spawn(python, [PEER], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(line: string): Promise<T> => { child.stdin.write(`${line}\n`); return JSON.parse(String((await lines.next()).value)) as T; };
  try {
    const { edges } = await ask<{ edges: Readonly<Record<string, readonly number[]>> }>(JSON.stringify({ ref: join(folder, 'ref'), cur: join(folder, 'cur'), columns: COLUMNS }));
    const bins = Array.from({ length: COLUMNS }, (_, i) => edges[`c${String(i)}`] ?? []);
    const times = new Map<string, number[]>();
    const note = (key: string, seconds: number, round: number): void => { if (round > 0) times.set(key, [...times.get(key) ?? [], seconds * 1_000]); };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const method of METHODS) {
        const compute = method === 'psi' ? (): readonly Found[] => psi(samples, bins) : (): readonly Found[] => ks(samples);
        compute();
        const began = performance.now();
        const ours = compute();
        note(`${method} ours`, (performance.now() - began) / 1_000, round);
        const [report, core] = [await ask<Answer>(`${method} report`), await ask<Answer>(`${method} core`)];
        note(`${method} report`, report.seconds, round);
        note(`${method} core`, core.seconds, round);
        agree(`${method} with the core`, ours.map(({ value }) => value), core.values);
        agree(`${method} with Evidently`, ours.map(({ told }) => told), report.values);
      }
    }
    tell(times);
    return 0;
  } finally {
    child.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Uniform values bent by a power, so that no bin is empty: of empty bins the definitions differ. */
function sample(seed: number, power: number): readonly Float64Array[] {
  return Array.from({ length: COLUMNS }, (_, i) => { const u = uniforms(seed * 100 + i); return Float64Array.from({ length: ROWS }, () => u() ** power); });
}

/** `value` is the statistic, `told` what Evidently calls the value of the method: of the test its p. */
interface Found { readonly value: number; readonly told: number }
interface Samples { readonly ref: readonly Float64Array[]; readonly cur: readonly Float64Array[] }

function psi({ ref, cur }: Samples, bins: readonly (readonly number[])[]): readonly Found[] {
  return ref.map((old, i) => {
    const edges = { edges: bins[i] ?? [], closed: 'left' as const };
    const value = stabilityIndex(paired(countInto(old, edges), countInto(cur[i] ?? old, edges)));
    return { value, told: value };
  });
}

function ks({ ref, cur }: Samples): readonly Found[] {
  return ref.map((old, i) => {
    const value = smirnovStatistic(cutInCells(old, cur[i] ?? old));
    return { value, told: smirnovP(value, ROWS, ROWS) };
  });
}

function agree(what: string, ours: readonly number[], theirs: readonly number[]): void {
  ours.forEach((value, i) => {
    const other = theirs[i] ?? Number.NaN;
    if (!(Math.abs(value - other) <= 1e-9 + 1e-6 * Math.abs(other))) throw new Error(`${what}: column ${String(i)} is ${String(value)} here and ${String(other)} there`);
  });
}

const NAMES: Readonly<Record<Method, string>> = { psi: 'PSI', ks: 'Kolmogorov-Smirnov' };

function tell(times: ReadonlyMap<string, readonly number[]>): void {
  const table = [row(['statistic', 'ours, ms', 'Evidently report, ms', 'ratio', 'numpy or scipy alone, ms', 'ratio', 'million values a second, ours']), row(Array.from({ length: 7 }, () => '---'))];
  for (const method of METHODS) {
    const of = (who: string): ReturnType<typeof spreadOf> => spreadOf(times.get(`${method} ${who}`) ?? []);
    const [ours, report, core] = [of('ours'), of('report'), of('core')];
    table.push(row([NAMES[method], shown(ours), shown(report), figure(report.median / ours.median), shown(core), figure(core.median / ours.median), figure((2 * ROWS * COLUMNS) / ours.median / 1_000)]));
  }
  process.stdout.write(`${table.join('\n')}\n`);
  writeTable('evidently', [...table, '', `${String(ROUNDS)} rounds after one that does not count; ${ROWS.toLocaleString('en')} rows by ${String(COLUMNS)} columns against as many; Evidently 0.7.23; Node ${process.versions.node}, ${process.platform}-${process.arch}.`]);
}

if (import.meta.main) runCommand(main);
