import { condition } from '@temporalio/workflow';
import { isHeld } from '../domain/rollout/machine.ts';
import { approvalTimer, type ApprovalTimer } from './approving.ts';
import type { Run } from './rollout-run.ts';

const SECOND = 1_000;
/** Judgements are at least this far apart, however many blocks are sealed. */
export const MIN_GAP_MS = SECOND;
const SOONEST_MS = 5 * SECOND;
const LATEST_MS = 3_600 * SECOND;
/** Without any news the judge is asked after a twentieth of the time that the stage has lasted. */
const PART = 20;

/** How long to wait for news before asking the judge all the same: 5 s at the start of a stage, 60 s after 20 minutes, an hour after 20 hours. */
export function fallbackMs(inStageMs: number): number { return Math.min(LATEST_MS, Math.max(SOONEST_MS, Math.round(inStageMs / PART))); }

/** The next thing that happens because nobody answered, or null. */
function answerTimer(run: Run): { readonly what: 'ask-expired' | ApprovalTimer['what']; readonly atMs: number } | null {
  if (run.state.stage === 'asking' && !isHeld(run.state)) return { what: 'ask-expired', atMs: (run.askedAtMs ?? 0) + run.plan.askMs };
  return approvalTimer(run);
}

/** Waits until there is reason to judge (news from the collector, a command, or the fallback timer), or work to do, or nobody answered in time. */
export async function occasion(run: Run): Promise<'judge' | 'work' | 'ask-expired' | ApprovalTimer['what']> {
  const working = (): boolean => run.todo.length > 0 || run.journal.length > 0;
  const timer = answerTimer(run);
  const answerMs = timer === null ? null : timer.atMs - Date.now();
  if (timer !== null && answerMs !== null && answerMs <= 0) return timer.what;
  const waitMs = Math.min(fallbackMs(Date.now() - run.stageSinceMs), answerMs ?? LATEST_MS);
  await condition(() => run.pings > 0 || working(), waitMs);
  const restMs = run.lastJudgedAtMs + MIN_GAP_MS - Date.now();
  if (restMs > 0 && !working()) await condition(working, restMs);
  if (working()) return 'work';
  return run.pings === 0 && timer !== null && waitMs === answerMs ? timer.what : 'judge';
}
