import type { Command } from 'commander';
import type { FreezeView } from '../../api/contract.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { FreezeSelector } from '../../domain/freeze.ts';
import { parseWeekly } from '../../domain/freeze-weekly.ts';
import { act, type Context } from '../context.ts';
import { commaList, durationMs, keyValue } from '../numbers.ts';
import { give } from '../output.ts';
import { table, utc } from '../render/table.ts';
import { timeMs } from '../times.ts';

interface FreezeOptions { all?: boolean; name?: readonly string[]; label?: Readonly<Record<string, string>>; until?: number; for?: number; weekly?: string; reason?: string }

/** freeze, freeze list, unfreeze: one idea. */
export function registerFreeze(program: Command, context: Context): void {
  const freeze = program.command('freeze').description('no rollout starts, none goes forward, nothing is promoted; undo, rollback and kill always may')
    .option('--all', 'every deployment').option('--name <list>', 'these deployments: a,b', commaList).option('--label <key=value>', 'those with this label; repeat for several', keyValue)
    .option('--until <time>', 'until then (RFC 3339)', timeMs).option('--for <duration>', 'for so long, for example 2d', durationMs)
    .option('--weekly <window>', 'every week, for example "mon-fri 16:00-09:00 Europe/Berlin"').option('--reason <text>', 'why; shown to everyone that it stops')
    .action(act<[], FreezeOptions>(context, async ({ client, output }, options) => {
      const { reason } = options;
      if (reason === undefined) throw wrong('Say why: --reason "…".');
      const view = await client.call('freeze', { body: { selector: selectorOf(options), window: windowOf(options, Date.now()), reason } });
      give(output, view, () => `Frozen: ${view.sentence}\nLift it: lastmile unfreeze ${view.freeze.freezeId} --reason "…"`);
      return undefined;
    }));
  freeze.command('list').description('freezes, newest first').action(act<[], object>(context, async ({ client, output }) => {
    const { items } = await client.call('listFreezes');
    give(output, items, () => (items.length === 0 ? 'Nothing was ever frozen.' : table(['id', 'now', 'made', 'freeze'], items.map(cells))));
    return undefined;
  }));
  program.command('unfreeze').description('end a freeze now').argument('<id>', 'id from `freeze list`').requiredOption('--reason <text>', 'why; kept in the audit chain')
    .action(act<[string], { reason: string }>(context, async ({ client, output }, { reason }, id) => {
      const view = await client.call('liftFreeze', { params: { id }, body: { reason } });
      give(output, view, () => `Lifted: ${view.sentence}`);
      return undefined;
    }));
}

function selectorOf({ all = false, name, label }: FreezeOptions): FreezeSelector {
  if ([all, name !== undefined, label !== undefined].filter(Boolean).length !== 1) throw wrong('Say what to freeze, in one way: --all, --name NAME, or --label KEY=VALUE.');
  if (name !== undefined) return { kind: 'names', names: name };
  return label === undefined ? { kind: 'all' } : { kind: 'labels', labels: label };
}

function windowOf({ until, for: lastsMs, weekly }: FreezeOptions, nowMs: number): unknown {
  if ([until, lastsMs, weekly].filter((each) => each !== undefined).length > 1) throw wrong('Say until when in one way: --until, --for, or --weekly; none of them: until it is lifted.');
  if (weekly !== undefined) return parseWeekly(weekly);
  if (lastsMs !== undefined) return { kind: 'span', untilMs: nowMs + lastsMs };
  return { kind: 'span', untilMs: until ?? null };
}

function cells({ freeze, holds, sentence }: FreezeView): readonly string[] { return [freeze.freezeId, freeze.liftedAtMs !== null ? 'lifted' : holds ? 'frozen' : 'not now', utc(freeze.createdAtMs), sentence]; }

function wrong(message: string): LastmileError { return new LastmileError('LM_INVALID_REQUEST', message); }
