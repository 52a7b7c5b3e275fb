import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { give } from '../output.ts';
import { caseText } from '../render/case.ts';
import { timeMs } from '../times.ts';

export function registerCase(program: Command, context: Context): void {
  program.command('case').description('one inference: who answered, what the others said, what came of it, and why that version was live')
    .argument('<id>', 'inference id as the gateway returned it, or the client\'s own id')
    .option('--deployment <name>', 'look only there; needed for an old id that tells no time').option('--at <time>', 'when it was answered, for an id whose record is no longer kept', timeMs)
    .action(act<[string], { deployment?: string; at?: number }>(context, async ({ client, output }, { deployment, at }, id) => {
      const answer = await client.call('getCase', { params: { id }, query: { deployment, atMs: at } });
      give(output, answer, () => caseText(answer));
      return undefined;
    }));
}
