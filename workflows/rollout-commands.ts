import { setHandler } from '@temporalio/workflow';
import { next, type RolloutEvent } from '../domain/rollout/machine.ts';
import { abortSignal, abortUpdate, evidenceSignal, killedSignal, pauseUpdate, promoteUpdate, resumeUpdate, type AbortArgs, type CommandArgs } from './messages.ts';
import { listenToApprovers } from './approving.ts';
import { refusal } from './refusing.ts';
import { report } from './reporting.ts';
import { hearKill } from './rollout-kills.ts';
import { modelTried, type Run } from './rollout-run.ts';
import { plainVerdict } from './verdicts.ts';

/** Registers what people and the collector may say. Handlers only change state; the main loop does the work. */
export function listen(run: Run): void {
  setHandler(pauseUpdate, ({ actor }) => say(run, report(run, { type: 'pause' }, actor).refused, 'Paused: traffic stays as it is, no next step. Proved harm is still taken back.'), { validator: fits(run, { type: 'pause' }) });
  setHandler(resumeUpdate, ({ actor }) => say(run, report(run, { type: 'resume' }, actor).refused, 'It goes on.'), { validator: fits(run, { type: 'resume' }) });
  setHandler(promoteUpdate, (args) => say(run, promoteNow(run, args), `${modelTried(run)} is being made the champion.`), { validator: promotionFits(run) });
  setHandler(abortUpdate, (args) => say(run, abort(run, args), 'The rollout is being ended; all traffic goes to the champion.'), { validator: fits(run, { type: 'abort', verdict: PROBE, superseded: false }) });
  setHandler(abortSignal, (args) => { abort(run, args); });
  listenToApprovers(run);
  setHandler(killedSignal, (kill) => { hearKill(run, kill); });
  setHandler(evidenceSignal, () => { run.pings += 1; });
}

function promoteNow(run: Run, { actor, reason }: CommandArgs): string | null {
  if (run.state.stage === 'promoting') return null;
  const verdict = plainVerdict(run, 'promote', 'person', `promoted without waiting for the judge: ${reason ?? ''}.`);
  return report(run, { type: 'promote-now', verdict }, actor).refused;
}

/** Ends the rollout from any stage; returns why not, when it has ended. */
export function abort(run: Run, { actor, reason, superseded = false }: AbortArgs): string | null {
  if (run.state.stage === 'undoing' || run.state.stage === 'done') return report(run, { type: 'abort', verdict: PROBE, superseded }, actor).refused;
  const why = reason === null ? '' : `: ${reason}`;
  const verdict = superseded ? plainVerdict(run, 'inconclusive', 'superseded', `gave way${why}.`) : plainVerdict(run, 'inconclusive', 'person', `ended before a verdict${why}.`);
  return report(run, { type: 'abort', verdict, superseded }, actor).refused;
}

/** Stands for a verdict where only the stage is asked about; it never enters the state. */
const PROBE = { rolloutId: '', n: 0, kind: 'inconclusive', reason: 'person', metric: null, text: '', evidenceHash: null } as const;

/** Validators are synchronous and change nothing: a rejected update leaves no history. */
function fits(run: Run, event: RolloutEvent): (args: CommandArgs) => void {
  return () => {
    const { refused } = next(run.plan, run.state, event);
    if (refused !== null) throw refusal(run, refused);
  };
}

function promotionFits(run: Run): (args: CommandArgs) => void {
  const stageFits = fits(run, { type: 'promote-now', verdict: PROBE });
  return (args) => {
    if (args.reason === null || args.reason.trim() === '') throw refusal(run, 'Promoting without the judge needs a reason.');
    stageFits(args);
  };
}

/** A command that fitted when it was validated may have been overtaken before it ran. */
function say(run: Run, refused: string | null, message: string): { message: string } {
  if (refused !== null) throw refusal(run, refused);
  return { message };
}
