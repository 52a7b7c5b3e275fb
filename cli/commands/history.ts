import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { give } from '../output.ts';
import { whereIs } from '../render/rollout.ts';
import { table, utc } from '../render/table.ts';

export function registerHistory(program: Command, context: Context): void {
  program.command('history').description('rollouts of a deployment, newest first').argument('<name>', 'deployment')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .action(act<[string], { limit: number }>(context, async ({ client, output }, { limit }, name) => {
      const { items } = await client.call('listRollouts', { params: { name }, query: { limit } });
      give(output, items, () => table(['rollout', 'model', 'started', 'state', 'because'], items.map((item) => [
        String(item.n), item.model, utc(item.startedAtMs), whereIs(item), item.state.verdict?.text ?? item.reason ?? '',
      ])));
      return undefined;
    }));
}
