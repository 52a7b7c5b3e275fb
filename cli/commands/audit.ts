import { Option, type Command } from 'commander';
import type { AuditAnswer } from '../../api/contract.ts';
import type { AuditRecord } from '../../domain/audit.ts';
import { SCOPES } from '../../ports/key-store.ts';
import { exportChain, type ExportOptions } from '../audit/export.ts';
import { verifyChain, type VerifyOptions } from '../audit/verify.ts';
import { tellWhoCould, type WhoOptions } from '../audit/who-could.ts';
import { act, type Context, type Session } from '../context.ts';
import { countingNumber, wholeNumber } from '../numbers.ts';
import { give } from '../output.ts';
import { table, utc } from '../render/table.ts';
import { timeMs } from '../times.ts';

interface ListOptions { after: number; limit: number; subject?: string; action?: string; actor?: string; since?: number; until?: number; all?: boolean }

export function registerAudit(program: Command, context: Context): void {
  const audit = program.command('audit').description('who did what, why and on which evidence: the tenant\'s hash chain');
  audit.command('list', { isDefault: true }).description('records of the chain; a filter that ends in * holds for all that begins so')
    .option('--after <seq>', 'records behind this number', wholeNumber, 0).option('--limit <n>', 'records a call', countingNumber, 200)
    .option('--subject <id>', 'only about this deployment, rollout or variant').option('--action <name>', 'only these changes, for example key.* or rollout.promote')
    .option('--actor <name>', 'only by this person or service').option('--since <time>', 'not before', timeMs).option('--until <time>', 'before', timeMs).option('--all', 'to the end of the chain')
    .action(act<[], ListOptions>(context, list));
  audit.command('export').description('the whole chain with its checkpoints and the public key, one file that anybody can verify')
    .option('-o, --out <file>', 'where to (default: standard output)').option('--resume', 'go on with a file that was begun, or bring it up to date')
    .action(act<[], ExportOptions>(context, exportChain));
  audit.command('verify').description('whether the chain holds: links, gaps, order, and what was signed of it; a file needs no server and no secret')
    .argument('[file]', 'from `audit export` (default: the chain of the API)').option('--checkpoints <file>', 'checkpoints that were kept elsewhere, one a line')
    .option('--key <file>', 'trust only this public key (PEM); may be repeated', (file: string, before: readonly string[]) => [...before, file], [] as readonly string[])
    .action(act<[string | undefined], VerifyOptions>(context, verifyChain));
  audit.command('who-could').description('whose keys carried a scope at a time')
    .addOption(new Option('--scope <scope>', 'the scope').choices(SCOPES).makeOptionMandatory()).option('--at <time>', 'when (default: now)', timeMs).option('--file <file>', 'an export instead of the API')
    .action(act<[], WhoOptions>(context, tellWhoCould));
}

async function list({ client, output }: Session, { after, limit, subject, action, actor, since, until, all }: ListOptions): Promise<undefined> {
  const items: AuditRecord[] = [];
  for (let afterSeq: number | null = after; afterSeq !== null;) {
    const page: AuditAnswer = await client.call('audit', { query: { afterSeq, limit, subject, action, actor, sinceMs: since, untilMs: until } });
    items.push(...page.items);
    afterSeq = all === true ? page.nextSeq : null;
  }
  give(output, items, () => table(['seq', 'at', 'actor', 'via', 'action', 'subject', 'reason'], items.map((item) => [
    String(item.seq), utc(item.atMs), `${item.actor.kind} ${item.actor.name}`, item.via, item.action, item.subject, item.reason ?? '',
  ])));
  return undefined;
}
