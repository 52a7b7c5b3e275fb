import { JUDGE_VERSION } from '../analysis/judge-version.ts';
import { unknownName } from '../errors.ts';
import { aucFinding } from './auc-finding.ts';
import { CALIBRATION_BLOCK, calibrationFinding } from './calibration-finding.ts';
import { CONFUSION_METRICS, confusionFinding } from './confusion-metrics.ts';
import { decideFile } from './decide-file.ts';
import { errorsFinding } from './errors-finding.ts';
import { gatesOf } from './gates.ts';
import { eValue, type FileFinding, type FileReason, type Gate, type SegmentFinding } from './file-verdict.ts';
import { differencesOf, meanFinding, type Differences, type Level } from './mean-finding.ts';
import { MEAN_METRICS } from './mean-metrics.ts';
import type { Engine } from '../deployment.ts';
import { checkOptions, type JudgeOptions } from './options.ts';
import type { PairedFile } from './paired-rows.ts';
import { segmentFindings } from './segments.ts';

/** Every metric that a file can be judged by. */
export const FILE_METRICS: readonly string[] = [...MEAN_METRICS.map(({ name }) => name), ...CONFUSION_METRICS.map(({ name }) => name), 'auc', 'calibration-error', 'errors'];

export interface FileVerdict {
  readonly verdict: 'promote' | 'rollback' | 'collecting' | 'inconclusive';
  readonly reasons: readonly FileReason[];
  readonly metrics: readonly ToldFinding[];
  readonly segments: readonly SegmentFinding[];
  readonly gates: readonly Gate[];
  readonly engine: Engine;
  readonly goal: JudgeOptions['goal'];
  readonly alpha: number;
  readonly margin: number;
  readonly blockSize: number;
  readonly judgeVersion: string;
}
type ToldFinding = Omit<FileFinding, 'logBetter' | 'logWorse'> & { readonly eBetter: number; readonly eWorse: number };

/**
 * Judges a file of pairs in its order as the live judge would: proved harm first, then what forbids a promotion, then the proof; else "not yet".
 * Throws LM_UNKNOWN_ADAPTER for a metric that is not known, LM_INVALID_REQUEST for options or cells that make no sense.
 */
export function judgeFile(file: PairedFile, options: JudgeOptions): FileVerdict {
  checkOptions(options);
  if (!FILE_METRICS.includes(options.metric)) throw unknownName('metric', options.metric, FILE_METRICS);
  const engine = options.engine ?? (CONFUSION_METRICS.some(({ name }) => name === options.metric) ? 'fast' : 'strict');
  const level: Level = { alpha: options.alpha, engine, blockSize: blockSizeOf(options, engine), nulls: options.goal === 'better' ? { pass: 0, harm: 0 } : { pass: -options.margin, harm: -options.margin } };
  const { finding, differences } = findingOf(file, options, level);
  const withErrors = file.hasErrors && options.metric !== 'errors' ? [errorsFinding(file.rows, options.alpha)] : [];
  const hasSegments = differences?.judged.some(({ segment }) => segment !== null) === true;
  // Any proved harm rolls back, so that all tests for harm share one α (decision-engine 2.8).
  const harmAlpha = options.alpha / (1 + withErrors.length + (hasSegments ? 1 : 0));
  const segments = differences !== null && hasSegments ? segmentFindings(differences, options, { ...level, harmAlpha }) : [];
  const gates = gatesOf({ file, options, level, finding, differences });
  const decision = decideFile({ options, finding, guardrails: withErrors, segments, gates, harmAlpha });
  return {
    ...decision, metrics: [finding, ...withErrors].map(told), segments, gates, engine, goal: options.goal, alpha: options.alpha, margin: options.margin, blockSize: level.blockSize, judgeVersion: JUDGE_VERSION,
  };
}

/** Where a metric is a difference within blocks, there have to be blocks. */
const CONFUSION_BLOCK = 200;

function blockSizeOf({ metric, blockSize }: JudgeOptions, engine: Engine): number {
  if (metric === 'calibration-error') return blockSize ?? CALIBRATION_BLOCK;
  if (engine === 'strict' && CONFUSION_METRICS.some(({ name }) => name === metric)) return blockSize ?? CONFUSION_BLOCK;
  return blockSize ?? 1;
}

function findingOf({ rows }: PairedFile, options: JudgeOptions, level: Level): { readonly finding: FileFinding; readonly differences: Differences | null } {
  const { metric } = options;
  if (metric === 'auc') return { finding: aucFinding(rows, options, level), differences: null };
  if (metric === 'calibration-error') return { finding: calibrationFinding(rows, options, level), differences: null };
  if (metric === 'errors') return { finding: errorsFinding(rows, options.alpha, level.nulls), differences: null };
  const confusion = CONFUSION_METRICS.find(({ name }) => name === metric);
  if (confusion !== undefined) return { finding: confusionFinding(confusion, rows, options, level), differences: null };
  const mean = MEAN_METRICS.find(({ name }) => name === metric);
  if (mean === undefined) throw unknownName('metric', metric, FILE_METRICS);
  const differences = differencesOf(mean, rows, options);
  return { finding: meanFinding(mean, differences, options, level), differences };
}

function told({ logBetter, logWorse, ...finding }: FileFinding): ToldFinding { return { ...finding, eBetter: eValue(logBetter), eWorse: eValue(logWorse) }; }
