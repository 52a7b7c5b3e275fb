import type { ExternalFinding } from '../external/finding.ts';
import type { RolloutId, TenantId, VariantId } from '../ids.ts';
import type { MarginMoney, MetricRole } from '../deployment.ts';

export const VERDICTS = ['promote', 'rollback', 'collecting', 'inconclusive', 'first'] as const;
export type VerdictKind = (typeof VERDICTS)[number];

export const REASONS = [
  'first-version', 'proved-better', 'proved-no-worse', 'proved-healthy', 'proved-worse', 'requirement', 'guardrail', 'safety', 'segment',
  'pilot', 'no-data', 'coverage', 'share-mismatch', 'min-cycles', 'not-enough-evidence', 'loss-bound', 'not-judged',
  'futile', 'horizon', 'idle', 'validation', 'person', 'superseded', 'error', 'killed', 'not-approved',
] as const;
export type ReasonCode = (typeof REASONS)[number];
export interface Reason { readonly code: ReasonCode; readonly metric: string | null; readonly text: string }

/** pass: proved; fail: proved harmful; undecided: neither yet; the rest are never a pass. */
export const FINDING_STATES = ['pass', 'fail', 'undecided', 'no-data', 'short-coverage', 'loss-bound-broken'] as const;
export type FindingState = (typeof FINDING_STATES)[number];

/** The asymptotic part of a finding under engine fast: its own bounds, null before the burn-in or where blocks do not vary. */
export interface FastFinding {
  readonly lower: number | null;
  readonly upper: number | null;
  /** Requests whose outcome tells the versions apart: the answers differ, and the outcome is known. */
  readonly cases: number;
  readonly isBurntIn: boolean;
  /** Neighbouring blocks hang together: the long-run variance was taken. */
  readonly isLongRun: boolean;
}

/** One metric as judged; estimate and bounds are of the mean difference per request (paired) or of the challenger's rate (rates). */
export interface Finding {
  readonly metric: string;
  readonly role: MetricRole;
  readonly state: FindingState;
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Lower bound without the loss-bound assumption; null where it does not apply. */
  readonly lowerFull: number | null;
  readonly alpha: number;
  readonly margin: number;
  /** Where the file says the margin in money. */
  readonly marginMoney?: MarginMoney;
  readonly championMean: number | null;
  readonly challengerMean: number | null;
  readonly blocks: number;
  readonly shortBlocks: number;
  readonly requests: number;
  readonly coverage: number | null;
  readonly lossBound: number | null;
  readonly worstBlock: number | null;
  /** Blocks still needed at the present estimate; null when it cannot be told. */
  readonly projectedBlocks: number | null;
  /** Only where outcomes are sampled: how those seen account for those needed. */
  readonly sampled?: { readonly needed: number; readonly seen: number; readonly weight: number };
  /** Only where the metric is judged by engine fast: `lower` and `upper` are then the better of this and of the strict bound. */
  readonly fast?: FastFinding;
}

/** worse: proved worse than the margin; open: not so, which is no proof of the contrary; no-data: no whole cycle with outcomes. */
export const SEGMENT_STATES = ['worse', 'open', 'no-data'] as const;

/** One declared part of the traffic, by the primary metric; its bounds hold for all segments together. */
export interface SegmentFinding {
  readonly metric: string;
  readonly segment: string | null;
  readonly state: (typeof SEGMENT_STATES)[number];
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly margin: number;
  readonly blocks: number;
  readonly requests: number;
  /** ln of the e-value against "no worse than the margin". */
  readonly logEWorse: number | null;
}

export interface MoneyFinding {
  readonly currency: string;
  /** Challenger minus champion, micros per request, with its interval; and over the requests judged. */
  readonly perRequestMicros: number;
  readonly lowerMicros: number;
  readonly upperMicros: number;
  readonly requests: number;
  readonly totalMicros: number;
  readonly championTotalMicros: number;
  readonly challengerTotalMicros: number;
}

/** One of several challengers that are tried at once, as judged by itself. */
export interface FieldFinding {
  readonly variantId: VariantId;
  readonly kind: VerdictKind;
  readonly reasons: readonly Reason[];
  readonly findings: readonly Finding[];
  readonly money: MoneyFinding | null;
}

/** The judge's answer and all it rests on. Stored whole; the value judged is the value stored. */
export interface Verdict {
  readonly tenantId: TenantId;
  readonly rolloutId: RolloutId;
  /** Grows by one for each verdict stored in the rollout. */
  readonly n: number;
  readonly judgeVersion: string;
  readonly kind: VerdictKind;
  readonly reasons: readonly Reason[];
  readonly findings: readonly Finding[];
  readonly money: MoneyFinding | null;
  readonly cycles: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Ruling time and wall time of the judgement. */
  readonly rulingMs: number;
  readonly atMs: number;
  readonly planHash: string | null;
  /** SHA-256 over the sealed evidence judged (evidence-digest.ts). */
  readonly evidenceHash: string | null;
  readonly dropRatio: number | null;
  readonly notMeasured: readonly string[];
  /** The newest slot of each metric that the judge was handed: blocks are sealed in order, so this names all that it saw. Absent in verdicts of before it was kept. */
  readonly seenTo?: Readonly<Record<string, number>>;
  /** All that needs no outcomes is proved, and outcomes are awaited: callers may get the challenger, to be taken back if they say so. Absent where that is not so. */
  readonly provisional?: true;
  /** Declared parts of the traffic; absent where the plan names none. */
  readonly segments?: readonly SegmentFinding[];
  /** Whose verdict this is where several challengers are tried at once, and all that were judged; absent where there is one. */
  readonly challenger?: VariantId;
  readonly field?: readonly FieldFinding[];
  /** Numbers of other systems as judged; absent where the plan names none. */
  readonly external?: readonly ExternalFinding[];
}

/** What travels in workflow payloads and status documents. */
export interface VerdictSummary {
  readonly rolloutId: RolloutId;
  readonly n: number;
  readonly kind: VerdictKind;
  readonly reason: ReasonCode;
  readonly metric: string | null;
  readonly text: string;
  readonly evidenceHash: string | null;
  /** As in the verdict. */
  readonly provisional?: true;
  /** Of several challengers: whose verdict it is, and whom harm was proved of. */
  readonly challenger?: VariantId;
  readonly out?: readonly VariantId[];
}
