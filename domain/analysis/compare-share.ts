import { sumsOf } from './fold.ts';
import type { EvidencePage } from './pages.ts';
import { logShareEvidence, type ShareCell } from './stats/share-evidence.ts';
import { totalShare } from './totals.ts';

/** How callers were split. `logEvidence`: ln of the e-value against "as the route promised". `serving`: some callers were to be sent to the challenger. */
export interface ShareComparison { readonly logEvidence: number; readonly serving: boolean; readonly cells: readonly ShareCell[] }

export function compareShare(pages: readonly EvidencePage[]): ShareComparison {
  const { cells } = totalShare(pages.map(({ totals }) => sumsOf('share', totals)));
  return { logEvidence: logShareEvidence(cells), serving: cells.some(({ challengerPer10k }) => challengerPer10k > 0), cells };
}
