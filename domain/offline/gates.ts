import type { FileFinding, Gate } from './file-verdict.ts';
import type { Differences, Level } from './mean-finding.ts';
import type { JudgeOptions } from './options.ts';
import { isAnswered, isLabelled, type PairedFile } from './paired-rows.ts';

const COVERAGE = 0.95;
/** Of the asymptotic engine (decision-engine 3). */
const BURN_IN = { blocks: 30, rows: 500, cases: 20 } as const;
const USUAL_CYCLES = 2;

export interface Gated { readonly file: PairedFile; readonly options: JudgeOptions; readonly level: Level; readonly finding: FileFinding; readonly differences: Differences | null }

/** What has to hold before a promotion, besides the proof. */
export function gatesOf(of: Gated): readonly Gate[] {
  return [hasData(of), coverage(of), answered(of), inOrder(of), ...burnIn(of), ...cycles(of), ...lossBound(of)];
}

function hasData({ finding: { blocks } }: Gated): Gate {
  return { name: 'no-data', pass: blocks > 0, value: blocks, limit: 1, text: blocks > 0 ? `${blocks} blocks could be judged` : 'no block of this file can be judged' };
}

function coverage({ file: { rows }, options, differences }: Gated): Gate {
  const { needed, labelled } = options.metric === 'errors' ? { needed: 0, labelled: 0 } : differences ?? { needed: rows.filter(isAnswered).length, labelled: rows.filter(isLabelled).length };
  const share = needed === 0 ? 1 : labelled / needed;
  return { name: 'coverage', pass: share >= COVERAGE, value: share, limit: COVERAGE, text: `${labelled} of ${needed} outcomes that are needed are there` };
}

function answered({ file: { rows }, differences, options }: Gated): Gate {
  const left = options.metric === 'errors' ? 0 : differences?.unanswered ?? rows.filter((row) => row.championError !== row.challengerError).length;
  return { name: 'unanswered', pass: left === 0, value: left, limit: 0, text: left === 0 ? 'every answer that failed counts as the worst that the range allows, or there was none' : `${left} rows that one version did not answer are left out: without a range they have no difference` };
}

function inOrder({ file: { isOrdered, repeated } }: Gated): Gate {
  return { name: 'time-order', pass: isOrdered, value: repeated, limit: null, text: `${isOrdered ? 'times never go back' : 'times go back: the rows of the file are not in their order'}${repeated === 0 ? '' : `; ${repeated} rows with a repeated id were left out`}` };
}

function burnIn({ level, finding: { blocks, n, discordant } }: Gated): readonly Gate[] {
  if (level.engine === 'strict') return [];
  const pass = blocks >= BURN_IN.blocks && n >= BURN_IN.rows && discordant >= BURN_IN.cases;
  return [{ name: 'burn-in', pass, value: n, limit: BURN_IN.rows, text: `engine fast judges from ${BURN_IN.blocks} blocks, ${BURN_IN.rows} rows and ${BURN_IN.cases} rows that differ on; there are ${blocks}, ${n} and ${discordant}` }];
}

function cycles({ file: { rows }, options: { cycle, minCycles } }: Gated): readonly Gate[] {
  if (cycle === null) return [];
  const [seen, wanted] = [Math.floor(rows.length / cycle), minCycles ?? USUAL_CYCLES];
  return [{ name: 'min-cycles', pass: seen >= wanted, value: seen, limit: wanted, text: `${seen} whole cycles of ${cycle} rows, ${wanted} wanted` }];
}

function lossBound({ finding: { lower, worstBlock, blocks }, options: { lossBound: bound }, level }: Gated): readonly Gate[] {
  if (level.engine !== 'strict' || worstBlock === null) return [];
  const isBroken = blocks > 0 && lower === null;
  return [{ name: 'loss-bound', pass: !isBroken, value: -worstBlock, limit: bound, text: isBroken ? `a block lost ${-worstBlock}, more than the loss bound or the range allows: the proof does not hold` : `no block lost more than ${Math.max(0, -worstBlock)}${bound === null ? '' : `; a rate of worse blocks below ${(3 / blocks).toFixed(4)} cannot be excluded (95 %, rule of three)`}` }];
}
