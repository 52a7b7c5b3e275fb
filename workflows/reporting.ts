import type { Actor } from '../domain/audit.ts';
import { next, type RolloutEvent, type RolloutState, type Transition } from '../domain/rollout/machine.ts';
import { automation, type Run } from './rollout-run.ts';
import { narrate } from './story.ts';

/** Feeds one event to the machine: new state, new work, a line in the journal. A refused event changes nothing. */
export function report(run: Run, event: RolloutEvent, by: Actor = automation(run)): Transition {
  const before = run.state;
  const transition = next(run.plan, before, event);
  if (transition.refused !== null) return transition;
  run.state = transition.state;
  if (transition.actions.length > 0) run.todo = [...transition.actions];
  if (event.type === 'resume') run.pings += 1;
  followStage(run, before);
  const entry = narrate(run, { before, event, by });
  if (entry !== null) run.journal.push(entry);
  return transition;
}

function followStage(run: Run, before: RolloutState): void {
  const { stage, step } = run.state;
  if (stage === before.stage && step === before.step) return;
  run.stageSinceMs = Date.now();
  if (stage === 'done') run.endedAtMs = Date.now();
  if (stage === 'undoing') run.step?.cancel();
}
