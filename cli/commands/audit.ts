import type { Command } from 'commander';
import type { AuditAnswer } from '../../api/contract.ts';
import type { AuditRecord } from '../../domain/audit.ts';
import { act, type Context } from '../context.ts';
import { countingNumber, wholeNumber } from '../numbers.ts';
import { give } from '../output.ts';
import { table, utc } from '../render/table.ts';

interface AuditOptions { after: number; limit: number; subject?: string; all?: boolean }

export function registerAudit(program: Command, context: Context): void {
  program.command('audit').description('who did what, why and on which evidence: the tenant\'s hash chain')
    .option('--after <seq>', 'records behind this number', wholeNumber, 0).option('--limit <n>', 'records a call', countingNumber, 200)
    .option('--subject <id>', 'only about this deployment, rollout or variant').option('--all', 'to the end of the chain')
    .action(act<[], AuditOptions>(context, async ({ client, output }, options) => {
      const items: AuditRecord[] = [];
      for (let afterSeq: number | null = options.after; afterSeq !== null;) {
        const page: AuditAnswer = await client.call('audit', { query: { afterSeq, limit: options.limit, subject: options.subject } });
        items.push(...page.items);
        afterSeq = options.all === true ? page.nextSeq : null;
      }
      give(output, items, () => table(['seq', 'at', 'actor', 'via', 'action', 'subject', 'reason'], items.map((item) => [
        String(item.seq), utc(item.atMs), `${item.actor.kind} ${item.actor.name}`, item.via, item.action, item.subject, item.reason ?? '',
      ])));
      return undefined;
    }));
}
