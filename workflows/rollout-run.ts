import type { CancellationScope } from '@temporalio/workflow';
import type { Subject } from '../activities/index.ts';
import type { VerdictSummary } from '../domain/analysis/verdict.ts';
import type { Actor, AuditEntry } from '../domain/audit.ts';
import { INITIAL, type RolloutAction, type RolloutState } from '../domain/rollout/machine.ts';
import type { RolloutPlan } from '../domain/rollout/plan.ts';
import type { StoryLine } from '../domain/rollout/record.ts';
import type { VariantId } from '../domain/ids.ts';
import type { VariantSummary } from '../domain/variant.ts';
import type { ToldKill, RolloutCarried, RolloutInput, UndoName } from './messages.ts';

/** One thing that happened, until it is written where others can read it. */
export interface JournalEntry {
  readonly line: StoryLine;
  readonly audit: AuditEntry | null;
  /** A verdict without evidence, whose document is not stored yet. */
  readonly record: VerdictSummary | null;
}

/** A rollout while it runs: what crosses continue-as-new, and what this run alone needs. */
export interface Run {
  readonly input: RolloutInput;
  readonly subject: Subject;
  plan: RolloutPlan;
  state: RolloutState;
  challenger: VariantSummary | null;
  /** Several challengers (field.ts): all beside the rollout's own model, those that are still tried beside `challenger`, and what was loaded. Empty where there is one. */
  contenders: VariantSummary[];
  others: VariantSummary[];
  loaded: VariantId[];
  verdicts: number;
  revision: number;
  changes: number;
  readonly startedAtMs: number;
  stageSinceMs: number;
  shadowSinceMs: number | null;
  askedAtMs: number | null;
  endedAtMs: number | null;
  story: StoryLine[];
  undo: UndoName[];
  /** Evidence signals and commands since the last judgement: many are one. */
  pings: number;
  /** Heard before the challenger was known. */
  kills: ToldKill[];
  /** What the newest transition asks for; a newer one replaces it. */
  todo: RolloutAction[];
  journal: JournalEntry[];
  /** The step in flight, so that an abort can interrupt it. */
  step: CancellationScope | null;
  /** The wait for the next measuring of external metrics. */
  measuring: CancellationScope | null;
  judgedInRun: number;
  lastJudgedAtMs: number;
}

/** Until the policy is read the stage is validating, where no command looks at the plan. */
const UNREAD: RolloutPlan = { mode: 'compare', goal: 'better', shadowSamplePer10k: 0, shadowMaxMs: 0, steps: [], horizonMs: 0, idleMs: 0, whenInconclusive: 'keep', askMs: 0 };

export function openRun(input: RolloutInput, nowMs: number): Run {
  const carried: RolloutCarried = input.carried ?? {
    plan: UNREAD, state: INITIAL, challenger: null, verdicts: 0, revision: 0, changes: 0, startedAtMs: nowMs, stageSinceMs: nowMs,
    shadowSinceMs: null, askedAtMs: null, story: [], undo: [], pendingPings: 0,
  };
  const { pendingPings, story, undo, contenders = [], others = [], loaded = [], ...rest } = carried;
  const { tenant, deploymentUid, deployment, rolloutId, specHash, model } = input;
  return {
    ...rest, input, subject: { tenant, deploymentUid, deployment, rolloutId, specHash, model }, story: [...story], undo: [...undo], contenders: [...contenders], others: [...others], loaded: [...loaded], pings: pendingPings,
    endedAtMs: null, kills: [], todo: [], journal: [], step: null, measuring: null, judgedInRun: 0, lastJudgedAtMs: 0,
  };
}

/** What the next run starts from; called where nothing is in flight. */
export function carry(run: Run): RolloutCarried {
  const { contenders, others, loaded, plan, state, challenger, verdicts, revision, changes, startedAtMs, stageSinceMs, shadowSinceMs, askedAtMs, story, undo, pings } = run;
  return { plan, state, challenger, verdicts, revision, changes, startedAtMs, stageSinceMs, shadowSinceMs, askedAtMs, story, undo, pendingPings: pings, ...(contenders.length === 0 ? {} : { contenders, others, loaded }) };
}

/** As domain/rollout/record.ts has it, of a rollout that runs. */
export function modelTried({ challenger, input }: Run): string { return challenger?.model ?? input.model; }

/** lastmile itself, as the actor of what no person asked for. */
export function automation(run: Run): Actor { return { kind: 'workflow', name: `rollout ${run.input.n} of ${run.input.deployment}` }; }

export function nextVerdictNumber(run: Run): number {
  run.verdicts += 1;
  return run.verdicts;
}
