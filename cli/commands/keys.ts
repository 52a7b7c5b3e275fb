import { Option, type Command } from 'commander';
import type { KeyLine } from '../../api/contract.ts';
import { SCOPES } from '../../ports/key-store.ts';
import { act, type Context } from '../context.ts';
import { commaList, durationMs } from '../numbers.ts';
import { give, tell } from '../output.ts';
import { table, utc } from '../render/table.ts';

interface NewKeyOptions { kind: 'person' | 'service'; scopes: readonly string[]; role?: readonly string[]; expires?: number }

export function registerKeys(program: Command, context: Context): void {
  const keys = program.command('keys').description('API keys');
  keys.command('list').description('keys, without the keys themselves').action(act<[], object>(context, async ({ client, output }) => {
    const keysKnown = await client.call('listKeys');
    give(output, keysKnown, () => table(['id', 'prefix', 'name', 'kind', 'scopes', 'roles', 'made', 'state'], keysKnown.map(keyCells)));
    return undefined;
  }));
  keys.command('new').description('make a key; it is shown once').argument('<name>', 'who or what uses it')
    .addOption(new Option('--kind <kind>', 'who acts with it').choices(['person', 'service']).default('service'))
    .requiredOption('--scopes <list>', `comma-separated: ${SCOPES.join(', ')}`, commaList)
    .option('--role <list>', 'what its holder is to policies of approval: risk,owner', commaList).option('--expires <duration>', 'ends after, for example 90d', durationMs)
    .action(act<[string], NewKeyOptions>(context, async ({ client, output }, options, name) => {
      const expiresAtMs = options.expires === undefined ? null : Date.now() + options.expires;
      const answer = await client.call('newKey', { body: { name, kind: options.kind, scopes: options.scopes, roles: options.role ?? [], expiresAtMs } });
      tell(output, `Key ${answer.id} for ${answer.name}. It is not shown again; put it where LASTMILE_API_KEY or --key-file finds it.`);
      give(output, answer, () => answer.key);
      return undefined;
    }));
  keys.command('revoke').description('end a key now').argument('<id>', 'id from `keys list`').action(act<[string], object>(context, async ({ client, output }, _options, id) => {
    const answer = await client.call('revokeKey', { params: { id } });
    give(output, answer, () => `Key ${id} is revoked.`);
    return undefined;
  }));
}

function keyCells(key: KeyLine): readonly string[] {
  const state = key.revokedAtMs !== null ? `revoked ${utc(key.revokedAtMs)}` : key.expiresAtMs !== null ? `until ${utc(key.expiresAtMs)}` : 'live';
  return [key.id, key.prefix, key.name, key.kind, key.scopes.join(','), key.roles.join(','), utc(key.createdAtMs), state];
}
