import type { Finding, FindingState, MoneyFinding, SegmentFinding, Verdict } from '../domain/analysis/verdict.ts';
import type { ExternalFinding, ExternalState } from '../domain/external/finding.ts';
import { ALLOWED } from '../domain/external/texts.ts';
import { metricName } from '../domain/metric-names.ts';
import { formatAmount, formatCount, formatGain, formatNumber, formatPercent } from './format.ts';
import { html, type Html } from './html.ts';

const STATE: Readonly<Record<FindingState, { readonly word: string; readonly look: 'good' | 'bad' | 'warn' | '' }>> = {
  pass: { word: '✓ proved', look: 'good' }, fail: { word: '✕ harm proved', look: 'bad' }, undecided: { word: '… not yet', look: '' },
  'no-data': { word: '∅ no data', look: 'warn' }, 'short-coverage': { word: '◔ too few outcomes', look: 'warn' }, 'loss-bound-broken': { word: '! loss bound broken', look: 'warn' },
};

/** A row a metric: what was found, between which bounds, against which margin. */
export function findingsTable({ findings }: Verdict): Html {
  if (findings.length === 0) return html`<p class="soft">No metric has been judged yet.</p>`;
  return html`<div class="scroll"><table><thead><tr><th>metric</th><th>role</th><th>state</th><th class="n">estimate</th><th>interval</th><th class="n">margin</th><th class="n">requests</th><th class="n">outcomes in</th></tr></thead>
<tbody>${findings.map(row)}</tbody></table></div>`;
}

function row(finding: Finding): Html {
  const { word, look } = STATE[finding.state];
  return html`<tr><td><strong>${finding.metric}</strong></td><td>${finding.role}</td><td><span class="badge ${look}">${word}</span></td><td class="n">${formatNumber(finding.estimate)}</td>
<td>${interval(finding)}</td><td class="n">${formatNumber(finding.margin)}</td><td class="n">${formatCount(finding.requests)}</td><td class="n">${formatPercent(finding.coverage)}</td></tr>`;
}

const KIND: Readonly<Record<Verdict['kind'], { readonly word: string; readonly look: 'good' | 'bad' | 'warn' | '' }>> = {
  promote: { word: '✓ proved', look: 'good' }, first: { word: '✓ first', look: 'good' }, rollback: { word: '✕ harm proved', look: 'bad' }, collecting: { word: '… not yet', look: '' }, inconclusive: { word: '∅ no proof', look: 'warn' },
};

/** A row a challenger, where several are tried at once; nothing where there is one. */
export function fieldCard({ field = [], challenger }: Verdict, modelOf: (variantId: string) => string): Html | null {
  if (field.length === 0) return null;
  return html`<section class="card"><h2>Challengers</h2><div class="scroll"><table><thead><tr><th>challenger</th><th>verdict</th><th>metric</th><th class="n">estimate</th><th class="n">between</th><th>why</th></tr></thead>
<tbody>${field.map(({ variantId, kind, reasons: [reason], findings: [first] }) => html`<tr><td><strong>${modelOf(variantId)}</strong>${variantId === challenger ? ' leads' : null}</td><td><span class="badge ${KIND[kind].look}">${KIND[kind].word}</span></td><td>${first?.metric ?? '–'}</td><td class="n">${formatNumber(first?.estimate ?? null)}</td><td class="n">${formatNumber(first?.lower ?? null)} … ${formatNumber(first?.upper ?? null)}</td><td>${reason?.text ?? '–'}</td></tr>`)}</tbody></table></div></section>`;
}

const SEGMENT: Readonly<Record<SegmentFinding['state'], { readonly word: string; readonly look: 'good' | 'bad' | 'warn' | '' }>> = { worse: { word: '✕ proved worse', look: 'bad' }, open: { word: '… no harm found', look: '' }, 'no-data': { word: '∅ no data', look: 'warn' } };

/** A row a declared segment; nothing where the file names none. */
export function segmentsCard({ segments = [] }: Verdict): Html | null {
  if (segments.length === 0) return null;
  return html`<section class="card"><h2>Segments</h2><div class="scroll"><table><thead><tr><th>segment</th><th>metric</th><th>state</th><th class="n">estimate</th><th class="n">between</th><th class="n">margin</th><th class="n">requests</th></tr></thead>
<tbody>${segments.map(segmentRow)}</tbody></table></div></section>`;
}

function segmentRow({ metric, segment, state, estimate, lower, upper, margin, requests }: SegmentFinding): Html {
  const { word, look } = SEGMENT[state];
  return html`<tr><td><strong>${segment}</strong></td><td>${metric}</td><td><span class="badge ${look}">${word}</span></td><td class="n">${formatNumber(estimate)}</td><td class="n">${formatNumber(lower)} … ${formatNumber(upper)}</td><td class="n">${formatNumber(margin)}</td><td class="n">${formatCount(requests)}</td></tr>`;
}

const EXTERNAL: Readonly<Record<ExternalState, { readonly word: string; readonly look: 'good' | 'bad' | 'warn' | '' }>> = {
  pass: { word: '✓ within its limit', look: 'good' }, fail: { word: '✕ beyond its limit', look: 'bad' }, undecided: { word: '… not yet', look: '' }, 'no-data': { word: '∅ no number', look: 'warn' }, 'not-judged': { word: '∅ unknown for too long', look: 'warn' },
};

/** A row an external metric: the newest number, its limit, and how often it was good; nothing where the file names none. */
export function externalCard({ external = [] }: Verdict): Html | null {
  if (external.length === 0) return null;
  return html`<section class="card"><h2>Numbers of other systems</h2><div class="scroll"><table><thead><tr><th>metric</th><th>role</th><th>state</th><th class="n">newest</th><th>limit</th><th class="n">good</th><th class="n">failed</th><th class="n">unknown</th></tr></thead>
<tbody>${external.map(externalRow)}</tbody></table></div></section>`;
}

function externalRow({ metric, role, state, value, why, better, limit, good, count, failed, inconclusive }: ExternalFinding): Html {
  const { word, look } = EXTERNAL[state];
  return html`<tr><td><strong>${metric}</strong>${why === null ? null : html`<br><span class="soft">${why}</span>`}</td><td>${role}</td><td><span class="badge ${look}">${word}</span></td><td class="n">${formatNumber(value)}</td>
<td>${ALLOWED[better]} ${formatNumber(limit)}</td><td class="n">${formatCount(good)}, ${formatCount(count)} needed</td><td class="n">${formatCount(failed)}</td><td class="n">${formatCount(inconclusive)}</td></tr>`;
}

/** The interval over its zero line, with the margin dashed; in words for those who do not see it. */
function interval({ metric, estimate, lower, upper, margin }: Finding): Html {
  if (lower === null || upper === null) return html`<span class="soft">–</span>`;
  const paired = metricName(metric)?.kind === 'paired';
  const limit = paired ? -margin : margin;
  const reach = Math.max(Math.abs(lower), Math.abs(upper), margin, 1e-12) * 1.15;
  const x = (value: number): number => Math.round((paired ? 100 + (value / reach) * 100 : (value / reach) * 200) * 10) / 10;
  const words = `${metric}: between ${formatNumber(lower)} and ${formatNumber(upper)}, margin ${formatNumber(margin)}`;
  return html`<div class="interval"><svg viewBox="0 0 200 22" role="img" aria-label="${words}"><rect class="range" x="${x(lower)}" y="6" width="${Math.max(2, x(upper) - x(lower))}" height="10" rx="3"/>
<line class="axis" x1="${x(0)}" x2="${x(0)}" y1="1" y2="21"/><line class="limit" x1="${x(limit)}" x2="${x(limit)}" y1="1" y2="21"/>${estimate === null ? null : html`<circle class="point" cx="${x(estimate)}" cy="11" r="4"/>`}</svg>
<span class="soft">${formatNumber(lower)} … ${formatNumber(upper)}</span></div>`;
}

/** What the challenger earns more or less than the champion, and how sure that is. */
export function moneyCard(money: MoneyFinding | null): Html {
  if (money === null) return html`<section class="card"><h2>Money</h2><p class="soft">Not measured: the file has no value model, or no outcome is in yet.</p></section>`;
  const { currency } = money;
  return html`<section class="card"><h2>Money, challenger against champion</h2><p class="big">${formatGain(money.totalMicros, currency)}</p>
<p class="soft">over ${formatCount(money.requests)} requests with known outcomes: ${formatAmount(money.challengerTotalMicros, currency)} against ${formatAmount(money.championTotalMicros, currency)}</p>
<p class="soft">${formatGain(money.perRequestMicros, currency)} a request, between ${formatGain(money.lowerMicros, currency)} and ${formatGain(money.upperMicros, currency)}</p></section>`;
}

export function notMeasuredCard(notMeasured: readonly string[]): Html {
  const content = notMeasured.length === 0 ? html`<p class="soft">Everything that the file asks for is measured.</p>` : html`<ul class="plain">${notMeasured.map((gap) => html`<li>${gap}</li>`)}</ul>`;
  return html`<section class="card"><h2>What is not measured</h2>${content}</section>`;
}
