import { LastmileError } from '../errors.ts';
import type { Count, MicroBlock, RateSums, ShareSums } from './blocks.ts';
import { sumsOf } from './fold.ts';

type Cell = ShareSums['cells'][number];

/** Sums of counts: whole numbers, so that they add up to the same however they are grouped. Throws LM_INVARIANT for paired sums, which do not simply add up. */
export function totalOf(kind: MicroBlock['sums']['kind'], all: readonly MicroBlock['sums'][]): RateSums | ShareSums {
  switch (kind) {
    case 'rate': return totalRate(all.map((sums) => sumsOf('rate', sums)));
    case 'share': return totalShare(all.map((sums) => sumsOf('share', sums)));
    case 'paired': throw new LastmileError('LM_INVARIANT', 'Blocks of outcomes were read where those of a rate or of the split are planned.');
  }
}

export function totalRate(all: readonly RateSums[]): RateSums {
  const seat = (of: Exclude<keyof RateSums, 'kind'>): Count => all.reduce((sum, each) => ({ n: sum.n + each[of].n, bad: sum.bad + each[of].bad }), { n: 0, bad: 0 });
  return { kind: 'rate', champion: seat('champion'), challengerServing: seat('challengerServing'), challengerShadow: seat('challengerShadow'), championShadow: seat('championShadow') };
}

/** One cell a share, by share. */
export function totalShare(all: readonly ShareSums[]): ShareSums {
  const cells = new Map<number, Cell>();
  for (const cell of all.flatMap((each) => each.cells)) {
    const { challenger, total } = cells.get(cell.challengerPer10k) ?? { challenger: 0, total: 0 };
    cells.set(cell.challengerPer10k, { challengerPer10k: cell.challengerPer10k, challenger: challenger + cell.challenger, total: total + cell.total });
  }
  return { kind: 'share', cells: [...cells.values()].sort((a, b) => a.challengerPer10k - b.challengerPer10k) };
}
