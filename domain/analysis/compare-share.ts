import type { MicroBlock } from './blocks.ts';
import { sumsOf } from './fold.ts';
import { logShareEvidence, type ShareCell } from './stats/share-evidence.ts';

/** How callers were split. `logEvidence`: ln of the e-value against "as the route promised". `serving`: some callers were to be sent to the challenger. */
export interface ShareComparison { readonly logEvidence: number; readonly serving: boolean; readonly cells: readonly ShareCell[] }

export function compareShare(micro: readonly MicroBlock[]): ShareComparison {
  const cells = new Map<number, ShareCell>();
  for (const cell of micro.filter(({ state }) => state === 'sealed').flatMap(({ sums }) => sumsOf('share', sums).cells)) {
    const { challenger, total } = cells.get(cell.challengerPer10k) ?? { challenger: 0, total: 0 };
    cells.set(cell.challengerPer10k, { ...cell, challenger: challenger + cell.challenger, total: total + cell.total });
  }
  const all = [...cells.values()].sort((a, b) => a.challengerPer10k - b.challengerPer10k);
  return { logEvidence: logShareEvidence(all), serving: all.some(({ challengerPer10k }) => challengerPer10k > 0), cells: all };
}
