import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { paint } from '../io.ts';
import { give } from '../output.ts';
import { ago, table } from '../render/table.ts';

export function registerGateways(program: Command, context: Context): void {
  const gateways = program.command('gateways').description('gateway processes: their leases, what they obey; and to declare one gone');
  gateways.command('list').description('every gateway that is registered (exit 75: none is live, or one is behind)')
    .action(act<[], object>(context, async ({ client, output }) => {
      const answer = await client.call('gateways');
      give(output, answer, () => table(['gateway', 'lease', 'seen', 'requests', 'behind'], answer.gateways.map((each) => [
        each.gatewayId, each.live ? paint(output, 'good', 'live') : paint(output, 'bad', 'ended'), ago(each.seenAtMs, Date.now()), String(each.stats.requests), each.behind.length === 0 ? '-' : each.behind.join(', '),
      ])));
      const live = answer.gateways.filter((each) => each.live);
      return live.length === 0 || live.some((each) => each.behind.length > 0) ? EXIT.unavailable : EXIT.good;
    }));
  gateways.command('forget').description('declare a gateway that will not come back gone, so that kills no longer wait for it').argument('<id>', 'as `gateways list` shows it')
    .action(act<[string], object>(context, async ({ client, output }, _options, id) => {
      const answer = await client.call('forgetGateway', { params: { id } });
      give(output, answer, () => answer.message);
      return EXIT.good;
    }));
}
