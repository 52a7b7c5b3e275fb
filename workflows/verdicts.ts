import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { ReasonCode, VerdictKind, VerdictSummary } from '../domain/analysis/verdict.ts';
import { CATALOGUE, type Code, type Kind } from '../domain/errors.ts';
import type { RolloutEvent } from '../domain/rollout/machine.ts';
import type { CommandResult } from '../domain/traffic/route.ts';
import type { Run } from './rollout-run.ts';
import { modelTried, nextVerdictNumber } from './rollout-run.ts';

/** A verdict that rests on no evidence: its number is taken here, its document is stored by the journal. */
export function plainVerdict(run: Run, kind: VerdictKind, reason: ReasonCode, text: string): VerdictSummary {
  return { rolloutId: run.input.rolloutId, n: nextVerdictNumber(run), kind, reason, metric: null, text, evidenceHash: null };
}

/** Kinds of errors that are a rule's "no", not a defect or an outage. */
const RULES: readonly Kind[] = ['invalid', 'not-found', 'conflict', 'mismatch', 'refused', 'gone', 'forbidden'];

/** Why a step ended for good, from the failure of its activity. */
export function failureVerdict(run: Run, failure: unknown): VerdictSummary {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  if (cause instanceof ApplicationFailure && isCode(cause.type)) {
    return plainVerdict(run, 'rollback', RULES.includes(CATALOGUE[cause.type].kind) ? 'validation' : 'error', cause.message);
  }
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause instanceof Error ? ` The last attempt said: ${cause.cause.message}` : '';
    return plainVerdict(run, 'inconclusive', 'error', `A step took longer than it may (${failure instanceof ActivityFailure ? failure.activityType : 'step'}).${last}`);
  }
  return plainVerdict(run, 'inconclusive', 'error', cause instanceof Error ? cause.message : String(failure));
}

/** What a step that ended for good is to the machine. A variant that was killed after its validation ends as any killed challenger does. */
export function failureEvent(run: Run, failure: unknown): RolloutEvent {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  if (run.state.stage !== 'validating' && cause instanceof ApplicationFailure && cause.type === 'LM_VARIANT_KILLED') return killedByRule(run);
  return { type: 'failed', verdict: failureVerdict(run, failure) };
}

/** The step met the kill before its news came. */
export function killedByRule(run: Run): RolloutEvent {
  return { type: 'killed', who: 'challenger', verdict: plainVerdict(run, 'rollback', 'killed', `${modelTried(run)} was killed.`) };
}

/** Why a route command did not do what the rollout wanted. */
export function routeVerdict(run: Run, result: CommandResult): VerdictSummary {
  const why = result.reason === null ? '' : `: ${result.reason}`;
  return result.outcome === 'superseded'
    ? plainVerdict(run, 'inconclusive', 'superseded', `Somebody changed the route of ${run.input.deployment} meanwhile${why}.`)
    : plainVerdict(run, 'inconclusive', 'validation', `The route of ${run.input.deployment} refused the change${why}.`);
}

function isCode(type: string | null | undefined): type is Code { return typeof type === 'string' && type in CATALOGUE; }
