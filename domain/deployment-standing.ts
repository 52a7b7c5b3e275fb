import type { DeploymentPhase } from './deployment-record.ts';
import { downSentence, isDown, type KillMemory } from './kill/news.ts';
import type { VariantSummary } from './variant.ts';

/** What decides where a deployment stands. `runs`: a rollout is active. */
export interface Standing { readonly retiredBy: string | null; readonly kills: KillMemory; readonly champion: VariantSummary | null; readonly runs: boolean }

/** A killed champion needs a person, whatever runs. */
export function phaseOf({ retiredBy, kills, champion, runs }: Standing): DeploymentPhase {
  if (retiredBy !== null) return 'retired';
  if (isDown(kills, champion)) return 'attention';
  if (champion === null) return runs ? 'starting' : 'attention';
  return runs ? 'rolling-out' : 'serving';
}

/** Without a full stop, so that more can follow. */
export function whoDecides({ retiredBy, kills, champion }: Omit<Standing, 'runs'>): string {
  if (retiredBy !== null) return `${retiredBy} retired it`;
  if (champion === null) return 'Nothing serves yet';
  return isDown(kills, champion) ? downSentence(kills, champion).replace(/\.$/, '') : `${champion.model} decides`;
}
