import type { ExternalFinding, ExternalState } from '../external/finding.ts';
import { externalText } from '../external/texts.ts';
import { explainFinding, explainHold, explainPromotion, explainSegment } from './reason-texts.ts';
import type { AnalysisPlan } from './plan.ts';
import { LEAST_CYCLES_TO_GIVE_UP, SHARE_MISMATCH } from './thresholds.ts';
import type { Finding, Reason, ReasonCode, SegmentFinding, VerdictKind } from './verdict.ts';

/** All that a decision rests on. */
export interface Case {
  readonly plan: AnalysisPlan;
  readonly findings: readonly Finding[];
  readonly external: readonly ExternalFinding[];
  readonly segments: readonly SegmentFinding[];
  /** Whole cycles judged in every paired metric, and cycles seen at all. */
  readonly cycles: number;
  readonly cyclesSeen: number;
  readonly futile: readonly string[];
  readonly logShareEvidence: number;
  readonly rulingMs: number;
  readonly idle: boolean;
}
export interface Decision { readonly kind: VerdictKind; readonly reasons: readonly Reason[] }

/**
 * Stage three of the judge (decision-engine 3, decision D6), by precedence: proved harm rolls back whatever else is held; what holds keeps collecting;
 * all proofs together promote; then the ends without a proof; else collecting.
 */
export function decide(of: Case): Decision {
  const harm = [...harms(of.findings), ...of.segments.filter(({ state }) => state === 'worse').map((finding) => explainSegment('segment', finding)), ...externalHarms(of.external)];
  if (harm.length > 0) return { kind: 'rollback', reasons: harm };
  const held = holds(of);
  if (held.length === 0 && isProved(of)) return { kind: 'promote', reasons: [explainPromotion(of.plan, of.findings, of.external)] };
  const end = endWithoutProof(of);
  if (end !== null) return { kind: 'inconclusive', reasons: [end, ...held] };
  return { kind: 'collecting', reasons: held.length > 0 ? held : missing(of.findings) };
}

/** All together: every metric proved, every number of another system good, often enough and at last. */
function isProved({ findings, external }: Case): boolean {
  return findings.length > 0 && findings.every(({ state }) => state === 'pass') && external.every(({ state }) => state === 'pass');
}

function externalHarms(external: readonly ExternalFinding[]): readonly Reason[] {
  return external.filter(({ state }) => state === 'fail').map((finding) => ({ code: finding.role === 'guardrail' ? 'guardrail' : 'requirement', metric: finding.metric, text: externalText(finding) }));
}

/** Of the others one passes, and two are reasons of their own. */
const EXTERNAL_HOLD: Partial<Record<ExternalState, ReasonCode>> = { undecided: 'not-enough-evidence', 'no-data': 'no-data' };

function externalHolds(external: readonly ExternalFinding[]): readonly Reason[] {
  return external.flatMap((finding) => { const code = EXTERNAL_HOLD[finding.state]; return code === undefined ? [] : [{ code, metric: finding.metric, text: externalText(finding) }]; });
}

const HARM: Readonly<Record<Finding['role'], ReasonCode>> = { required: 'proved-worse', guardrail: 'guardrail', safety: 'safety' };
const HARM_ORDER: readonly Finding['role'][] = ['safety', 'guardrail', 'required'];

function harms(findings: readonly Finding[]): readonly Reason[] {
  const failed = findings.filter(({ state }) => state === 'fail');
  return HARM_ORDER.flatMap((role) => failed.filter((finding) => finding.role === role)).map((finding) => explainFinding(HARM[finding.role], finding));
}

/** What forbids a promotion for now. No data is never a pass. */
function holds({ plan, findings, external, segments, cycles, logShareEvidence }: Case): readonly Reason[] {
  return [
    ...(plan.state === 'draft' ? [explainHold('pilot', plan)] : []),
    ...findings.filter(({ state, metric }) => state === 'no-data' && !(plan.state === 'draft' && isPaired(plan, metric))).map((finding) => explainFinding('no-data', finding)),
    ...(plan.state === 'draft' ? [] : segments.filter(({ state }) => state === 'no-data').map((finding) => explainSegment('no-data', finding))),
    ...findings.filter(({ state }) => state === 'short-coverage').map((finding) => explainFinding('coverage', finding)),
    ...(plan.splitBy !== 'key' && logShareEvidence > Math.log(SHARE_MISMATCH) ? [explainHold('share-mismatch', plan)] : []),
    ...(plan.state === 'fixed' && cycles < plan.minCycles ? [explainHold('min-cycles', plan, cycles)] : []),
    ...externalHolds(external),
  ];
}

function endWithoutProof({ plan, findings, external, cyclesSeen, futile, rulingMs, idle }: Case): Reason | null {
  const broken = findings.find(({ state }) => state === 'loss-bound-broken');
  if (broken !== undefined) return explainFinding('loss-bound', broken);
  const short = findings.find(({ state }) => state === 'short-coverage');
  if (short !== undefined && cyclesSeen >= LEAST_CYCLES_TO_GIVE_UP) return explainFinding('not-judged', short);
  const unknown = external.find(({ state }) => state === 'not-judged');
  if (unknown !== undefined) return { code: 'not-judged', metric: unknown.metric, text: externalText(unknown) };
  const hopeless = findings.find(({ metric }) => futile.includes(metric));
  if (hopeless !== undefined) return explainFinding('futile', hopeless);
  if (rulingMs - plan.startedMs > plan.horizonMs) return explainHold('horizon', plan);
  return idle ? explainHold('idle', plan) : null;
}

function missing(findings: readonly Finding[]): readonly Reason[] {
  const open = findings.filter(({ state }) => state === 'undecided').map((finding) => explainFinding('not-enough-evidence', finding));
  return open.length > 0 ? open : [{ code: 'no-data', metric: null, text: 'Nothing has been judged yet.' }];
}

function isPaired(plan: AnalysisPlan, name: string): boolean { return plan.metrics.some((metric) => metric.name === name && metric.kind === 'paired'); }
