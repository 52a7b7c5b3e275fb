import { calibrationError } from '../analysis/stats/calibration-error.ts';
import { blockFinding, runs } from './confusion-metrics.ts';
import type { FileFinding } from './file-verdict.ts';
import type { Level } from './mean-finding.ts';
import type { JudgeOptions } from './options.ts';
import { isLabelled, outcome, probability, type LabelledRow, type PairedRow } from './paired-rows.ts';

/** Rows of a block where the options give none: fewer say little in ten bins. */
export const CALIBRATION_BLOCK = 200;

/** Differences of the expected calibration error within blocks; that of a short block is too large for both versions alike. */
export function calibrationFinding(rows: readonly PairedRow[], options: JudgeOptions, level: Level): FileFinding {
  const known = rows.filter(isLabelled);
  const errorOf = (run: readonly LabelledRow[], column: 'champion' | 'challenger'): number => calibrationError(run.map((row) => ({ probability: probability(row, column, row[column]), outcome: outcome(row, row.label) })));
  const differences = runs(known, level.blockSize).map((run) => errorOf(run, 'champion') - errorOf(run, 'challenger'));
  return {
    name: 'calibration-error', n: known.length, champion: known.length === 0 ? null : errorOf(known, 'champion'), challenger: known.length === 0 ? null : errorOf(known, 'challenger'),
    discordant: known.filter(({ champion, challenger }) => Number(champion) !== Number(challenger)).length, ...blockFinding(differences, options, level),
  };
}
