import type { Command } from 'commander';
import { DRILL_ENDS_MS, drillResult, type DrillResult } from '../../domain/kill/drill.ts';
import { act, type Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { give, tell } from '../output.ts';
import { durationMs } from '../numbers.ts';
import { followKill } from '../order-kill.ts';
import { renderDrills } from '../render/drill.ts';
import { renderKill } from '../render/kill.ts';

/** A drill that fails ends by itself after a minute; what it killed is loaded again then. */
const USUAL_WAIT_MS = DRILL_ENDS_MS + 60_000;

const ABOUT = `
A drill kills every challenger that has traffic, in shadow or in canary, by the path of a kill in earnest, measures how long that takes, and
takes it back by itself. The champion is never touched; the rollout goes on. Schedule it with spec.drills in the deployment file.

Exit codes: 0 proved within the limit, and back; 3 not proved, slower than the limit, or refused; 75 still under way.`;

/** drill: pull the plug of a challenger for a moment; drills: how fast it was each time. */
export function registerDrills(program: Command, context: Context): void {
  program.command('drill').description('kill the challengers for a moment, measure the time to safe, take it back').argument('<name>', 'deployment').option('--reason <text>', 'why; kept in the audit chain')
    .option('--for <duration>', 'how long to wait for its end', durationMs, USUAL_WAIT_MS).option('--override-freeze', 'although a freeze holds; needs --reason')
    .addHelpText('after', ABOUT)
    .action(act<[string], { reason?: string; for: number; overrideFreeze?: boolean }>(context, async (session, { reason, for: forMs, overrideFreeze }, name) => {
      const ordered = await session.lasting.call('drill', { params: { name }, body: { reason: reason ?? null, overrideFreeze: overrideFreeze === true } });
      tell(session.output, `${ordered.kill.killId}: waiting until it is measured and taken back.`);
      const view = await followKill(session.lasting, ordered, { wait: 'revived', forMs, signal: session.output.signal });
      const { summary } = await session.client.call('listDrills', { params: { name } });
      give(session.output, { ...view, summary }, () => `${renderKill(session.output, view)}\n\n${summary.sentence}`);
      return EXIT_OF[drillResult(view.kill, summary)];
    }));
  program.command('drills').description('drills of a deployment: time to safe, trend, and what failed').argument('<name>', 'deployment')
    .action(act<[string], object>(context, async ({ client, output }, _options, name) => {
      const answer = await client.call('listDrills', { params: { name } });
      give(output, answer, () => renderDrills(output, answer));
      return answer.summary.lastResult === 'failed' || answer.summary.lastResult === 'slow' ? EXIT.gate : EXIT.good;
    }));
}

const EXIT_OF: Readonly<Record<DrillResult, ExitCode>> = { passed: EXIT.good, slow: EXIT.gate, failed: EXIT.gate, 'under-way': EXIT.unavailable };
