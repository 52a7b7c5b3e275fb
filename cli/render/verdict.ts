import type { Finding, MoneyFinding, SegmentFinding, Verdict } from '../../domain/analysis/verdict.ts';
import type { ExternalFinding } from '../../domain/external/finding.ts';
import { ALLOWED } from '../../domain/external/texts.ts';
import { formatMoney } from '../../domain/money.ts';
import { paint, type Io, type Tone } from '../io.ts';
import { table } from './table.ts';

const TONE_OF_STATE: Readonly<Record<Finding['state'], Tone>> = { pass: 'good', fail: 'bad', undecided: 'dim', 'no-data': 'warn', 'short-coverage': 'warn', 'loss-bound-broken': 'warn' };

/** The metrics of a verdict, one a line: state, estimate with its bounds, blocks. */
export function renderFindings(io: Pick<Io, 'color'>, verdict: Verdict): string {
  return table(['metric', 'state', 'estimate', 'bounds', 'blocks', 'requests'], verdict.findings.map((finding) => [
    `${finding.metric} (${finding.role})`, paint(io, TONE_OF_STATE[finding.state], finding.state), number(finding.estimate),
    `${number(finding.lower)} … ${number(finding.upper)}`, String(finding.blocks), String(finding.requests),
  ]));
}

/** Several challengers, one a line: how each is judged, and by the metric that it is judged by first. Empty where there is one. */
export function renderField(io: Pick<Io, 'color'>, { field = [], challenger }: Verdict, modelOf: (variantId: string) => string): readonly string[] {
  if (field.length === 0) return [];
  return [table(['challenger', 'verdict', 'metric', 'estimate', 'bounds', 'why'], field.map(({ variantId, kind, reasons, findings: [first] }) => [
    `${modelOf(variantId)}${variantId === challenger ? ' (leads)' : ''}`, paint(io, toneOfVerdict(kind), kind), first?.metric ?? '-', number(first?.estimate ?? null), `${number(first?.lower ?? null)} … ${number(first?.upper ?? null)}`, reasons[0]?.code ?? '-',
  ]))];
}

const TONE_OF_SEGMENT: Readonly<Record<SegmentFinding['state'], Tone>> = { worse: 'bad', open: 'dim', 'no-data': 'warn' };

/** The declared segments of a verdict, one a line. Empty without any. */
export function renderSegments(io: Pick<Io, 'color'>, { segments = [] }: Verdict): readonly string[] {
  if (segments.length === 0) return [];
  return [table(['segment', 'state', 'estimate', 'bounds', 'margin', 'blocks', 'requests'], segments.map((finding) => [
    `${finding.metric} for ${finding.segment ?? 'all'}`, paint(io, TONE_OF_SEGMENT[finding.state], finding.state), number(finding.estimate),
    `${number(finding.lower)} … ${number(finding.upper)}`, number(finding.margin), String(finding.blocks), String(finding.requests),
  ]))];
}

const TONE_OF_EXTERNAL: Readonly<Record<ExternalFinding['state'], Tone>> = { pass: 'good', fail: 'bad', undecided: 'dim', 'no-data': 'warn', 'not-judged': 'warn' };

/** The external metrics of a verdict, one a line: state, newest number against its limit, how often it was good. Empty without any. */
export function renderExternal(io: Pick<Io, 'color'>, { external = [] }: Verdict): readonly string[] {
  if (external.length === 0) return [];
  return [table(['external metric', 'state', 'newest', 'limit', 'good', 'failed', 'unknown'], external.map((finding) => [
    `${finding.metric} (${finding.role})`, paint(io, TONE_OF_EXTERNAL[finding.state], finding.state), number(finding.value), `${ALLOWED[finding.better]} ${number(finding.limit)}`,
    `${finding.good}, ${finding.count} needed`, `${finding.failed}, ${finding.failureLimit} let pass`, String(finding.inconclusive),
  ]))];
}

/** `+EUR 0.0931 a request (0.0402 … 0.1460), +EUR 268.40 over 2,880 requests`. Challenger minus champion. */
export function renderMoney(money: MoneyFinding): string {
  const { currency } = money;
  const amount = (micros: number): string => `${micros > 0 ? '+' : ''}${formatMoney({ micros, currency })}`;
  return `${amount(money.perRequestMicros)} a request (${amount(money.lowerMicros)} … ${amount(money.upperMicros)}), ${amount(money.totalMicros)} over ${money.requests.toLocaleString('en-US')} requests`;
}

export function toneOfVerdict(kind: Verdict['kind']): Tone { return kind === 'promote' || kind === 'first' ? 'good' : kind === 'rollback' ? 'bad' : kind === 'inconclusive' ? 'warn' : 'dim'; }

function number(value: number | null): string { return value === null ? '-' : Math.abs(value) >= 100 ? value.toFixed(1) : value.toPrecision(3); }
