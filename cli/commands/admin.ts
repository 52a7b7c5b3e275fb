import type { Command } from 'commander';
import { LastmileError } from '../../domain/errors.ts';
import type { Prepared } from '../../ports/stores.ts';
import { act, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { paint } from '../io.ts';
import { give } from '../output.ts';
import { utc } from '../render/table.ts';

/** Work at the installation itself: with the database, and after a restore. */
export function registerAdmin(program: Command, context: Context): void {
  const admin = program.command('admin').description('the installation itself: migrations, and what a restore left behind');
  admin.command('migrate').description('bring the database at MONGODB_URI to the form of this version; any process that starts does the same').action(act<[], object>(context, async ({ config, output }) => {
    if (context.migrate === undefined) throw new LastmileError('LM_INVARIANT', 'This command line was started without a database to migrate.');
    const prepared = await context.migrate(config);
    give(output, prepared, () => migrated(prepared));
    return undefined;
  }));
  admin.command('restore-check').description('after a restore: compare the database with Temporal and the gateways; each finding names the safe act').action(act<[], object>(context, async ({ client, output }) => {
    const answer = await client.call('restoreCheck');
    const { checked, findings } = answer;
    give(output, answer, () => [
      ...findings.map(({ kind, subject, what, act: safe }) => `${paint(output, 'bad', kind)}  ${subject}: ${what}\n      do: ${safe}`),
      `${count(checked.deployments, 'deployment')}, ${count(checked.rollouts, 'rollout')}, ${count(checked.gateways, 'gateway')}, ${count(checked.auditRecords, 'audit record')} checked: ${findings.length === 0 ? 'database and Temporal agree.' : `${count(findings.length, 'finding')}.`}`,
    ].join('\n'));
    return findings.length === 0 ? EXIT.good : EXIT.gate;
  }));
}

function count(n: number, what: string): string { return `${String(n)} ${what}${n === 1 ? '' : 's'}`; }

function migrated({ migrations, appliedNow }: Prepared): string {
  const lines = migrations.map(({ name, atMs }) => `${appliedNow.includes(name) ? 'now   ' : 'before'}  ${name}  ${utc(atMs)}`);
  return [...lines, appliedNow.length === 0 ? 'Nothing was left to do.' : `${count(appliedNow.length, 'migration')} made.`].join('\n');
}
