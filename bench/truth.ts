import { parseArgs } from 'node:util';
import { asymptoticLogE, asymptoticRho } from '../domain/analysis/stats/asymptotic-sequence.ts';
import { logMixture, tunedRho } from '../domain/analysis/stats/gamma-exponential.ts';
import { add, deviation, NO_MOMENTS, type Moments } from '../domain/analysis/stats/moments.ts';
import { normalCdf } from '../domain/analysis/stats/normal-distribution.ts';
import { normals } from '../domain/analysis/stats/seeded-random.ts';
import { runCommand } from '../scripts/run-command.ts';
import { figure, row, writeTable } from './_shared/table.ts';
import { STREAMS, type Stream } from './_shared/streams.ts';

/**
 * How often each rule promotes, on streams whose truth is known: at the margin every promotion is false; with an effect every one is right. Rules that look again
 * and again look 300 times, from 500 rows to the end, spaced geometrically.
 */
const ALPHA = 0.05;
const FIRST_LOOK = 500;
const LOOKS = 300;
const POINTS = 60;

/** What has been seen of a stream so far: sums that every rule can be asked by. */
interface Seen { readonly moments: Moments; readonly v: number; readonly blocks: Blocks; readonly stream: Stream }
/** Sums over means of whole blocks; `v` around the centre that engine strict may use. */
interface Blocks { readonly moments: Moments; readonly v: number }
type Rule = (seen: Seen) => boolean;

const BETTER = Math.log(1 / ALPHA);
const RULES: Readonly<Record<string, Rule>> = {
  'strict': ({ moments: { n, mean }, v, stream: { range: { lo, hi } } }) => {
    const half = (hi - lo) / 2;
    return logMixture({ rho: tunedRho(100 * half * half, ALPHA, 'one-sided'), c: hi - lo }, n * mean, Math.max(v, half * half)) >= BETTER;
  },
  'fast': ({ moments }) => asymptoticLogE({ n: moments.n, mean: moments.mean, deviation: deviation(moments) }, { rho: asymptoticRho(5_000, ALPHA, 'one-sided'), mu0: 0, sides: 'one-sided' }) >= BETTER,
  'strict, blocks': ({ blocks: { moments: { n, mean }, v }, stream: { loss } }) => {
    const spread = loss / 6;
    return n > 0 && logMixture({ rho: tunedRho((spread * spread * 100) / 4, ALPHA, 'one-sided'), c: loss + spread }, n * mean, v) >= BETTER;
  },
  'fast, blocks': ({ blocks: { moments }, stream: { block } }) => moments.n >= 30 && asymptoticLogE({ n: moments.n, mean: moments.mean, deviation: deviation(moments) }, { rho: asymptoticRho(Math.max(30, 5_000 / block), ALPHA, 'one-sided'), mu0: 0, sides: 'one-sided' }) >= BETTER,
  'z-test at every look': ({ moments }) => zOf(moments) > 1.6449,
  'threshold: any gain': ({ moments }) => moments.mean > 0,
};

function zOf(moments: Moments): number { return (moments.mean / deviation(moments)) * Math.sqrt(moments.n); }

interface Promotions { readonly rules: Readonly<Record<string, number>>; readonly once: number; readonly kayenta: number }
interface Size { readonly runs: number; readonly rows: number }

/** Shares of runs that each rule promotes. */
function promotions(stream: Stream, effect: number, { runs, rows }: Size): Promotions {
  const looks = new Set(Array.from({ length: LOOKS }, (_, i) => Math.round(FIRST_LOOK * (rows / FIRST_LOOK) ** (i / (LOOKS - 1)))));
  const counts: Record<string, number> = Object.fromEntries(Object.keys(RULES).map((name) => [name, 0]));
  let [once, kayenta] = [0, 0];
  for (let run = 1; run <= runs; run += 1) {
    const ended = follow(stream, { effect, run, rows, looks });
    for (const name of ended.promoted) counts[name] = (counts[name] ?? 0) + 1;
    if (ended.once) once += 1;
    if (ended.kayenta) kayenta += 1;
  }
  return { rules: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / runs])), once: once / runs, kayenta: kayenta / runs };
}

interface Run { readonly effect: number; readonly run: number; readonly rows: number; readonly looks: ReadonlySet<number> }

/** One stream to its end: which rules promoted at any look, and what the two that look once say at the end. */
function follow(stream: Stream, { effect, run, rows, looks }: Run): { readonly promoted: ReadonlySet<string>; readonly once: boolean; readonly kayenta: boolean } {
  const next = stream.make(run);
  const arms = twoArms(run, Math.floor(rows / POINTS));
  const promoted = new Set<string>();
  let moments = NO_MOMENTS;
  let v = 0;
  let [blocks, sum]: [Blocks, number] = [{ moments: NO_MOMENTS, v: 0 }, 0];
  for (let n = 1; n <= rows; n += 1) {
    const d = Math.min(next() + effect, stream.range.hi);
    v += (d - moments.mean) ** 2;
    moments = add(moments, d);
    sum += d;
    if (n % stream.block === 0) { blocks = withBlock(blocks, sum / stream.block, stream.loss / 6); sum = 0; }
    arms.see(d);
    if (looks.has(n)) for (const [name, rule] of Object.entries(RULES)) if (rule({ moments, v, blocks, stream })) promoted.add(name);
  }
  return { promoted, once: zOf(moments) > 1.6449, kayenta: !isJudgedWorse(arms.points) };
}

interface Point { readonly champion: number; readonly challenger: number }

/** Points of two arms that were not paired: each has the level that both have in common, with its own noise, which a comparison has to see through. */
function twoArms(run: number, rowsOfPoint: number): { see(d: number): void; readonly points: readonly Point[] } {
  const noise = normals(run + 1_000_003);
  const points: Point[] = [];
  let [n, champion, challenger] = [0, 0, 0];
  return {
    points,
    see(d) {
      n += 1;
      champion += 1 + noise();
      challenger += 1 + noise() + d;
      if (n % rowsOfPoint === 0) { points.push({ champion, challenger }); [champion, challenger] = [0, 0]; }
    },
  };
}

function withBlock({ moments, v }: Blocks, mean: number, cap: number): Blocks {
  const centre = moments.n === 0 ? 0 : Math.min(cap, moments.mean);
  return { moments: add(moments, mean), v: v + (mean - centre) ** 2 };
}

/** Kayenta's rule in short: passes unless a Mann-Whitney test of the points of both arms finds the challenger lower, two-sided 98 %. What it cannot see passes. */
function isJudgedWorse(points: readonly Point[]): boolean {
  const m = points.length;
  let u = 0;
  for (const { challenger } of points) for (const { champion } of points) u += challenger > champion ? 1 : challenger === champion ? 0.5 : 0;
  const z = (u - (m * m) / 2) / Math.sqrt((m * m * (2 * m + 1)) / 12);
  return z < 0 && normalCdf(z) < 0.01;
}

function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string', default: '2000' }, rows: { type: 'string', default: '20000' } } });
  const of = { runs: Number(values.runs), rows: Number(values.rows) };
  const head = ['stream', 'truth', ...Object.keys(RULES), 'z-test once', 'Kayenta\'s rule'];
  const table = [row(head), row(head.map(() => '---'))];
  for (const [name, stream] of Object.entries(STREAMS)) {
    // At the margin a challenger is exactly as much worse as is tolerated; for Kayenta's rule, which knows no margin, worse by the effect.
    const [at, better] = [promotions(stream, 0, of), promotions(stream, stream.effect, of)];
    const worse = promotions({ ...stream, make: (seed) => { const next = stream.make(seed); return () => next() - stream.effect; } }, 0, { ...of, runs: Math.ceil(of.runs / 4) });
    table.push(row([name, 'at the margin (false)', ...Object.values(at.rules).map(percent), percent(at.once), `${percent(worse.kayenta)} (worse by the effect)`]), row(['', `better by ${figure(stream.effect)} (power)`, ...Object.values(better.rules).map(percent), percent(better.once), percent(better.kayenta)]));
    process.stderr.write(`${name}\n`);
  }
  process.stdout.write(`${table.join('\n')}\n`);
  writeTable('truth', [...table, '', `${String(of.runs)} runs of ${String(of.rows)} rows, ${String(LOOKS)} looks from row ${String(FIRST_LOOK)} on; α = ${String(ALPHA)} one-sided; seeds 1 to ${String(of.runs)}.`]);
  return Promise.resolve(0);
}

function percent(share: number): string { return `${(100 * share).toFixed(1)} %`; }

if (import.meta.main) runCommand(main);
