import { CancellationScope, condition } from '@temporalio/workflow';
import type { VariantId } from '../domain/ids.ts';
import type { RolloutEvent } from '../domain/rollout/machine.ts';
import type { CommandResult } from '../domain/traffic/route.ts';
import type { VariantSummary } from '../domain/variant.ts';
import { lasting, quick } from './activity-stubs.ts';
import type { Run } from './rollout-run.ts';
import { commandId } from './undo.ts';
import { killedByRule, routeVerdict } from './verdicts.ts';

const DRILL_PAUSE_MS = 3_000;

/** A route command is never abandoned half way: its outcome is known before anything undoes it. Waiting for the gateways may be. */
export async function routed(run: Run, command: () => Promise<CommandResult>): Promise<RolloutEvent | null> {
  const result = await CancellationScope.nonCancellable(command);
  if (result.rule === 'killed') return killedByRule(run);
  if (result.rule === 'pinned') return { type: 'held', by: result.reason ?? 'A person pinned the champion' };
  if (result.rule === 'drilled') return afterDrill(run, result);
  if (result.outcome !== 'applied') return { type: 'failed', verdict: routeVerdict(run, result) };
  await lasting.awaitApplied.executeWithOptions({ summary: `Every gateway obeys revision ${result.revision}` }, [{ subject: run.subject, revision: result.revision }]);
  return null;
}

/** A drill ends by itself, mostly within a second: the judge is asked again soon, with or without news. */
async function afterDrill(run: Run, { reason }: CommandResult): Promise<RolloutEvent> {
  await condition(() => run.todo.length > 0, DRILL_PAUSE_MS);
  run.pings += 1;
  return { type: 'held', by: reason ?? 'A drill is under way' };
}

/** To all that are tried, and to nobody else. */
export function copyTrafficTo(run: Run, step: string): Promise<RolloutEvent | null> {
  const { subject, challenger, others } = run;
  const variantIds = idsOf([...(challenger === null ? [] : [challenger]), ...others]);
  return routed(run, () => quick.setShadows.executeWithOptions({ summary: variantIds.length > 1 ? `Copy traffic to ${String(variantIds.length)}` : 'Copy traffic to it' }, [{ subject, commandId: commandId(run, step), variantIds }]));
}

function idsOf(variants: readonly VariantSummary[]): readonly VariantId[] { return variants.map(({ variantId }) => variantId); }
