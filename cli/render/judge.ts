import type { FileVerdict } from '../../domain/offline/judge-file.ts';
import type { SeriesVerdict } from '../../domain/offline/judge-series.ts';
import type { SummaryVerdict } from '../../domain/offline/judge-summary.ts';
import { paint, type Io } from '../io.ts';
import { table } from './table.ts';

const LOOK = { promote: 'good', rollback: 'bad', collecting: 'warn', inconclusive: 'warn' } as const satisfies Readonly<Record<FileVerdict['verdict'], string>>;
const SAYS = { promote: 'PROMOTE', rollback: 'ROLL BACK', collecting: 'NOT YET', inconclusive: 'CANNOT TELL' } as const satisfies Readonly<Record<FileVerdict['verdict'], string>>;

/** The verdict first, then why, the numbers, and what was asked for. */
export function renderFileVerdict(io: Pick<Io, 'color'>, { verdict, reasons, metrics, segments, gates, engine, goal, alpha, margin, blockSize, judgeVersion }: FileVerdict): string {
  return [
    paint(io, LOOK[verdict], SAYS[verdict]),
    ...reasons.map(({ text }) => `  ${text}`), '',
    table(['metric', 'rows', 'blocks', 'champion', 'challenger', 'difference', `${percent(1 - alpha)} interval`, 'e better', 'e worse', 'method'], metrics.map((each) => [
      each.name, String(each.n), String(each.blocks), number(each.champion), number(each.challenger), number(each.difference), `${number(each.lower)} … ${number(each.upper)}`, number(each.eBetter), number(each.eWorse), each.method,
    ])),
    ...(segments.length === 0 ? [] : ['', table(['segment', 'rows', 'difference', 'interval', 'e worse', ''], segments.map((each) => [each.segment, String(each.n), number(each.difference), `${number(each.lower)} … ${number(each.upper)}`, number(each.eWorse), each.worse ? paint(io, 'bad', 'worse') : '']))]),
    '', ...gates.map(({ name, pass, text }) => `${paint(io, pass ? 'good' : 'warn', pass ? '✓' : '✗')} ${name}: ${text}`),
    '', `engine ${engine}, goal ${goal}${goal === 'no-worse' ? ` within ${number(margin)}` : ''}, α ${alpha}, blocks of ${blockSize}; judge version ${judgeVersion}`,
  ].join('\n');
}

export function renderSummary({ estimate, standardError, lower, upper, pValue, method }: SummaryVerdict): string {
  return `challenger − champion ${number(estimate)} (standard error ${number(standardError)}), interval ${number(lower)} … ${number(upper)}, p ${number(pValue)}\n${method}`;
}

const STATE_LOOK = { pass: 'good', fail: 'bad', undecided: 'warn', 'no-data': 'warn' } as const;

export function renderSeries(io: Pick<Io, 'color'>, { verdict, metrics, alpha, judgeVersion }: SeriesVerdict): string {
  return [
    paint(io, LOOK[verdict], SAYS[verdict]), ...metrics.map(({ state, text }) => `  ${paint(io, STATE_LOOK[state], state)} ${text}`), '', `α ${alpha}; judge version ${judgeVersion}`,
  ].join('\n');
}

function percent(share: number): string { return `${Number((share * 100).toPrecision(6))} %`; }
function number(value: number | null): string { return value === null ? '-' : Math.abs(value) >= 1e15 ? value.toExponential(1) : String(Number(value.toPrecision(5))); }
