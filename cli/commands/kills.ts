import type { Command } from 'commander';
import type { KillView } from '../../api/contract.ts';
import { LastmileError } from '../../domain/errors.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { give } from '../output.ts';
import { renderKill, renderKills } from '../render/kill.ts';

/** kills: what was taken off and its proof; revive: a person takes it back. */
export function registerKills(program: Command, context: Context): void {
  program.command('kills').description('kills of a deployment; or one kill and its proof').argument('[name]', 'deployment').option('--id <id>', 'this kill').option('--reason <text>', 'with --id: say afterwards why')
    .action(act<[string | undefined], { id?: string; reason?: string }>(context, async ({ client, output }, { id, reason }, name) => {
      if (id !== undefined) {
        const view = reason === undefined ? await client.call('getKill', { params: { id } }) : await client.call('killReason', { params: { id }, body: { reason } });
        give(output, view, () => renderKill(output, view));
        return view.kill.state === 'unconfirmed' ? EXIT.unavailable : EXIT.good;
      }
      if (name === undefined) throw new LastmileError('LM_INVALID_REQUEST', 'Say which: lastmile kills NAME, or lastmile kills --id kil_…');
      const { items } = await client.call('listKills', { params: { name } });
      give(output, items, () => (items.length === 0 ? `Nothing of ${name} was ever killed.` : renderKills(output, items)));
      return EXIT.good;
    }));
  program.command('revive').description('take a kill back: a person, with a reason; loads what is needed first').argument('<kill-or-name>', 'kil_… or a deployment, whose newest kill is meant').requiredOption('--reason <text>', 'why; kept in the audit chain')
    .action(act<[string], { reason: string }>(context, async (session, { reason }, what) => {
      const id = what.startsWith('kil_') ? what : (await newestKill(session, what)).kill.killId;
      const view = await session.client.call('revive', { params: { id }, body: { reason } });
      give(session.output, view, () => renderKill(session.output, view));
      return EXIT.good;
    }));
}

async function newestKill({ client }: Session, name: string): Promise<KillView> {
  const { items } = await client.call('listKills', { params: { name } });
  const found = items.find(({ kill }) => kill.state !== 'revived');
  if (found === undefined) throw new LastmileError('LM_COMMAND_REFUSED', `Nothing of ${name} is killed. \`lastmile kills ${name}\` lists what was.`);
  return found;
}
