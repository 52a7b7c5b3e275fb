import { WHOLE } from '../share.ts';
import type { ShareSums } from './blocks.ts';
import type { RequestLegs } from './requests.ts';

type Cell = ShareSums['cells'][number];

/**
 * Who was chosen to answer callers, by the share that the route promised then. A caller whose chosen challenger failed and whom the champion
 * answered instead was still sent to the challenger. Requests of a gateway that had lost its lease are left out: it sends all to the champion.
 */
export function foldShare(requests: readonly RequestLegs[]): ShareSums {
  const cells = new Map<number, Cell>();
  for (const { champion, challenger } of requests) {
    const byChallenger = challenger !== null && challenger.role !== 'shadow';
    const chosen = byChallenger ? challenger : champion;
    if (chosen === null || chosen.role === 'shadow' || chosen.leaseLost) continue;
    const challengerPer10k = byChallenger ? chosen.assignmentPer10k : WHOLE - chosen.assignmentPer10k;
    const { challenger: hits, total } = cells.get(challengerPer10k) ?? { challenger: 0, total: 0 };
    cells.set(challengerPer10k, { challengerPer10k, challenger: hits + Number(byChallenger), total: total + 1 });
  }
  return { kind: 'share', cells: [...cells.values()].sort((a, b) => a.challengerPer10k - b.challengerPer10k) };
}
