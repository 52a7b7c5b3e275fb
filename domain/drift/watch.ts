import { isotonicValue, type IsotonicStep } from '../analysis/stats/isotonic.ts';
import { calibration } from '../analysis/stats/cbpe.ts';
import { deviation, momentsOf } from '../analysis/stats/moments.ts';
import type { Contract, Prediction } from '../contract.ts';
import type { DeploymentUid, RolloutId, TenantId, VariantId } from '../ids.ts';
import type { StoredLeg } from '../record.ts';
import { codeOf, valueOfCode, type Cell } from './feature-code.ts';
import { profileFold, type Profile } from './profile.ts';
import { profileDrift, type ColumnFinding } from './profile-drift.ts';
import { discrepancy, embedding, type BlockMeans, type FeatureSpace } from './random-features.ts';
import { featureColumns } from './request-features.ts';
import { windowAlpha, type DriftRule, type DriftVerdict } from './rule.ts';

/** What the traffic of a champion looked like when it became one; made once, and what its later traffic is held against. */
export interface DriftReference {
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly variantId: VariantId;
  /** rollout: the traffic of the rollout that promoted it; first-traffic: the first that it answered, where no rollout compared it. */
  readonly source: 'rollout' | 'first-traffic';
  readonly rolloutId: RolloutId | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly profile: Profile;
  /** Scores to probabilities by the outcomes of that time; null where too few were known, or for other tasks than binary. */
  readonly calibration: readonly IsotonicStep[] | null;
  /** Share of right decisions that the calibration expects of that time's scores. */
  readonly expectedAccuracy: number | null;
  readonly space: FeatureSpace;
  readonly blocks: BlockMeans;
  readonly madeAtMs: number;
}

/** Expected share of right decisions from calibrated scores alone (CBPE): an early warning, never a proof. */
export interface Estimate { readonly accuracy: number; readonly reference: number; readonly standardError: number; readonly isLow: boolean }

/** One window of a champion's traffic, as it was judged when it was whole. */
export interface DriftWindow {
  readonly tenantId: TenantId;
  readonly deploymentUid: DeploymentUid;
  readonly variantId: VariantId;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
  readonly verdict: DriftVerdict;
  /** Level of this window, over all its columns. */
  readonly alpha: number;
  readonly columns: readonly ColumnFinding[];
  /** All numeric inputs together; null where there were too few stretches of rows. */
  readonly together: { readonly mmd2: number; readonly p: number; readonly isDrift: boolean } | null;
  readonly estimate: Estimate | null;
  /** A change that the window before did not show: people are told once of each. */
  readonly begins?: true;
  readonly foldedAtMs: number;
}

/** Rows without which nothing is a reference. */
export const LEAST_REFERENCE_ROWS = 500;
const LEAST_LABELLED = 200;
/** Scores are rounded for the calibration, so that it has no more steps. */
const SCORES = 256;
/** A stretch with fewer rows is no block. */
const LEAST_BLOCK_ROWS = 20;
/** Standard errors that an estimate must lie below the reference. */
const FAR_BELOW = 3;

export function columnNames({ inputs }: Contract): readonly string[] { return [...featureColumns(inputs).map(({ name }) => name), 'output.score', 'output.class']; }

/** Input rows of the leg, and output rows: each a row of all columns with the others' cells left out. */
interface Rows { readonly inputs: readonly (readonly Cell[])[]; readonly outputs: readonly (readonly Cell[])[] }
function rowsOf({ features = [], predictions }: StoredLeg, ofOutputs: boolean): Rows {
  return { inputs: features, outputs: ofOutputs ? predictions.map(({ score, klass }) => [codeOf(score), klass === null ? null : String(klass)]) : [] };
}

export interface TrafficFold {
  /** The legs of one stretch of time. */
  add(legs: readonly StoredLeg[]): void;
  result(): { readonly profile: Profile; readonly rows: number; readonly blocks: BlockMeans; readonly expected: { readonly accuracy: number; readonly standardError: number } | null };
}

/** Folds legs of consecutive stretches; `outputsOf`: whose answers count. */
export function trafficFold({ contract, space, calibration: steps, outputsOf }: { readonly contract: Contract; readonly space: FeatureSpace; readonly calibration: readonly IsotonicStep[] | null; readonly outputsOf: VariantId }): TrafficFold {
  const names = columnNames(contract);
  const [inputs, outputs] = [profileFold(names.slice(0, -2)), profileFold(names.slice(-2))];
  const embed = embedding(space);
  const blocks: number[][] = [];
  let [right, spread, scored] = [0, 0, 0];
  return {
    add(legs) {
      const sum = new Float64Array(embed([]).length);
      let n = 0;
      for (const leg of legs) {
        const rows = rowsOf(leg, leg.variantId === outputsOf);
        for (const row of rows.inputs) { inputs.add(row); embed(row.map(numberOf)).forEach((x, k) => { sum[k] = (sum[k] ?? 0) + x; }); n += 1; }
        for (const row of rows.outputs) outputs.add(row);
        if (steps !== null && leg.variantId === outputsOf) for (const prediction of leg.predictions) {
          const p = chanceOfRight(prediction, steps);
          if (p !== null) { right += p; spread += p * (1 - p); scored += 1; }
        }
      }
      if (n >= LEAST_BLOCK_ROWS) blocks.push([...sum].map((x) => x / n));
    },
    result() {
      const [ins, outs] = [inputs.profile(), outputs.profile()];
      const rows = Math.max(ins.rows, outs.rows);
      return { profile: { rows, columns: [...ins.columns, ...outs.columns].filter((column) => column.numbers.length + column.texts.length + column.missing > 0) }, rows, blocks, expected: scored === 0 ? null : { accuracy: right / scored, standardError: Math.sqrt(spread) / scored } };
    },
  };
}

function numberOf(cell: Cell): number | null { return typeof cell === 'number' ? valueOfCode(cell) : null; }

function chanceOfRight({ score, klass }: Prediction, steps: readonly IsotonicStep[]): number | null {
  if (score === null || !Number.isFinite(score) || (klass !== 0 && klass !== 1)) return null;
  const p = isotonicValue(steps, score);
  return klass === 1 ? p : 1 - p;
}

/** Numeric columns with what they are standardised by, from rows of the reference. */
export function featureSpace(rows: readonly (readonly Cell[])[], seed: number): FeatureSpace {
  const width = rows[0]?.length ?? 0;
  return { seed, columns: Array.from({ length: width }, (_, at) => ({ at, values: rows.flatMap((row) => numberOf(row[at] ?? null) ?? []) })).filter(({ values }) => values.length > rows.length / 2).map(({ at, values }) => { const moments = momentsOf(values); return { at, mean: moments.mean, deviation: deviation(moments) }; }) };
}

/** Null with too few labelled scores. */
export function calibrationOf(scored: readonly { readonly score: number; readonly label: 0 | 1 }[]): readonly IsotonicStep[] | null {
  return scored.length < LEAST_LABELLED ? null : calibration(scored.map(({ score, label }) => ({ score: Math.round(score * SCORES) / SCORES, label })));
}

type WindowOf = Pick<DriftWindow, 'fromMs' | 'toMs' | 'foldedAtMs'> & { readonly before: DriftWindow | null };

/** The window against the reference; null where it holds nothing. `before`: the newest one that holds something. */
export function windowFinding(reference: DriftReference, folded: ReturnType<TrafficFold['result']>, rule: DriftRule, { before, ...of }: WindowOf): DriftWindow | null {
  if (folded.rows === 0) return null;
  const { tenantId, deploymentUid, variantId } = reference;
  const { verdict, alpha, columns } = profileDrift(reference.profile, folded.profile, rule);
  const joint = discrepancy(reference.blocks, folded.blocks, reference.space.seed);
  const seen = {
    verdict,
    // Exchanges are counted in steps of 1/500: at a smaller level nothing could ever fall, and drift is told at the least step.
    together: joint === null ? null : { ...joint, isDrift: joint.p <= Math.max(windowAlpha(rule), LEAST_P) }, estimate: estimateOf(reference, folded.expected),
  };
  const begins = isChanged(seen) && !(before !== null && isChanged(before));
  return { tenantId, deploymentUid, variantId, ...of, ...seen, rows: folded.rows, alpha, columns, ...(begins ? { begins } : {}) };
}
const LEAST_P = 1 / 500;

function estimateOf({ expectedAccuracy }: DriftReference, expected: ReturnType<TrafficFold['result']>['expected']): Estimate | null {
  if (expectedAccuracy === null || expected === null) return null;
  return { ...expected, reference: expectedAccuracy, isLow: expected.accuracy + FAR_BELOW * expected.standardError < expectedAccuracy };
}

/** A column by itself, the columns together, or what scores alone let expect. */
export function isChanged({ verdict, together, estimate }: Pick<DriftWindow, 'verdict' | 'together' | 'estimate'>): boolean { return verdict === 'drift' || together?.isDrift === true || estimate?.isLow === true; }

/** In a sentence for people: what moved, or that nothing did. */
export function driftSentence({ verdict, columns, together, estimate, rows }: DriftWindow): string {
  const moved = columns.filter((column) => column.verdict === 'drift').map(({ name }) => name);
  const low = estimate?.isLow === true ? ` By its scores alone ${String(Math.round(estimate.accuracy * 1_000) / 10)} % of decisions are expected to be right, against ${String(Math.round(estimate.reference * 1_000) / 10)} % before.` : '';
  if (verdict === 'insufficient') return `${String(rows)} rows are too few to tell.${low}`;
  if (moved.length > 0) return `${moved.join(', ')} changed since it became champion.${low}`;
  return `${together?.isDrift === true ? 'No column changed by itself, but they changed together.' : 'Nothing changed that matters.'}${low}`;
}
