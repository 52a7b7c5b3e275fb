import type { JudgeOptions } from '../../domain/offline/options.ts';
import type { PairedFile, PairedRow } from '../../domain/offline/paired-rows.ts';

export function judgeOptions(of: Partial<JudgeOptions> & Pick<JudgeOptions, 'metric'>): JudgeOptions {
  return { margin: 0, alpha: 0.05, engine: null, goal: 'better', blockSize: null, vOpt: null, nStar: null, range: null, lossBound: null, minCycles: null, cycle: null, threshold: 0.5, positive: '1', quantile: 0.5, ...of };
}

type Cell = string | number | null;
export interface Pair { readonly champion: Cell; readonly challenger: Cell; readonly label: Cell; readonly segment?: string; readonly championError?: boolean; readonly challengerError?: boolean }

export function pairedFile(pairs: readonly Pair[], of: Partial<PairedFile> = {}): PairedFile {
  const text = (cell: Cell): string | null => (cell === null ? null : String(cell));
  const rows = pairs.map(({ champion, challenger, label, segment = null, championError = false, challengerError = false }, i): PairedRow => ({ row: i + 1, champion: text(champion), challenger: text(challenger), label: text(label), segment, championError, challengerError }));
  return { rows, isOrdered: true, hasErrors: rows.some((row) => row.championError || row.challengerError), repeated: 0, ...of };
}
