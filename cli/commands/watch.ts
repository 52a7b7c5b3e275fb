import type { Command } from 'commander';
import type { RolloutView } from '../../api/contract.ts';
import { isLastmileError, LastmileError } from '../../domain/errors.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, exitOfRollout, type ExitCode } from '../exit-codes.ts';
import { wholeNumber } from '../numbers.ts';
import { giveLine, tell } from '../output.ts';
import { changesBetween } from '../render/changes.ts';
import { askOf } from '../render/approval.ts';
import { repainter } from '../render/repaint.ts';
import { renderRollout } from '../render/rollout.ts';
import { listen } from '../wake.ts';

export function registerWatch(program: Command, context: Context): void {
  program.command('watch').description('follow a rollout live; ends with its exit code (0 promoted, 3 not, 7 waits for a person)')
    .argument('<name>', 'deployment').option('--rollout <n>', 'number of the rollout (default: the newest)', wholeNumber)
    .action(act<[string], { rollout?: number }>(context, async (session, options, name) => {
      const n = options.rollout ?? await newestRollout(session, name);
      if (n === null) { tell(session.output, `${name} has had no rollout yet.`); return EXIT.good; }
      return watchRollout(session, { name, n });
    }));
}

/** null where there was none. */
export async function newestRollout({ client }: Session, name: string): Promise<number | null> {
  return (await client.call('listRollouts', { params: { name }, query: { limit: 1 } })).items[0]?.n ?? null;
}

/** With the stream of events a change shows at once; without it, at the next poll. */
const POLL_MS = 2_000;
/** How long the API may be away (a restart) before the watch gives up. */
const PATIENCE_MS = 60_000;

/** Follows until the rollout is done or waits for a person. A terminal gets a block that is redrawn; anything else one line a change. */
export async function watchRollout(session: Session, { name, n }: { readonly name: string; readonly n: number | null }): Promise<ExitCode> {
  if (n === null) return EXIT.good;
  const { client, output } = session;
  const stop = new AbortController();
  const wake = listen(client, name, AbortSignal.any([stop.signal, output.signal]));
  const paintBlock = output.interactive && !output.json ? repainter(output) : null;
  let before: RolloutView | null = null;
  try {
    for (;;) {
      const view = await patiently(session, () => client.call('getRollout', { params: { name, n } }));
      if (paintBlock === null) for (const change of changesBetween(before, view)) giveLine(output, change, change.text);
      else paintBlock(renderRollout(output, view));
      before = view;
      const code = exitOfRollout(view.rollout.state);
      if (code !== null) { ending(session, { name, view, code }); return code; }
      await wake.wait(POLL_MS);
      output.signal.throwIfAborted();
    }
  } finally {
    stop.abort();
  }
}

function ending({ output }: Session, { name, view, code }: { name: string; view: RolloutView; code: ExitCode }): void {
  if (output.json) output.out(`${JSON.stringify({ type: 'end', deployment: name, rollout: view.rollout.n, outcome: view.rollout.state.outcome, exitCode: code, verdict: view.verdict })}\n`);
  else if (view.rollout.state.stage === 'approving') tell(output, [...askOf(view.rollout), `Approve it: lastmile approve ${name} --reason "…"`].join('\n'));
  else if (code === EXIT.waiting) tell(output, `A person decides: lastmile promote ${name} --reason "…"  or  lastmile abort ${name}`);
  else tell(output, `Why: lastmile explain ${name}`);
}

async function patiently(session: Session, call: () => Promise<RolloutView>): Promise<RolloutView> {
  const until = Date.now() + PATIENCE_MS;
  for (let told = false; ; told = true) {
    try {
      return await call();
    } catch (error) {
      if (!isLastmileError(error) || !error.retryable || Date.now() > until) throw error;
      if (!told) tell(session.output, `${error.message} Trying again for a minute; the rollout goes on without us.`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      if (session.output.signal.aborted) throw new LastmileError('LM_API_UNAVAILABLE', error.message, { cause: error });
    }
  }
}
