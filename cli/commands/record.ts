import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { give } from '../output.ts';
import { table, utc } from '../render/table.ts';

export function registerRecord(program: Command, context: Context): void {
  program.command('record').description('one inference: every version\'s answer and its outcome')
    .argument('<name>', 'deployment').argument('<inference-id>', 'as the gateway returned it')
    .action(act<[string, string], object>(context, async ({ client, output }, _options, name, inferenceId) => {
      const answer = await client.call('getRecord', { params: { name, inferenceId } });
      give(output, answer, () => [
        table(['variant', 'role', 'status', 'ms', 'answer'], answer.legs.map((leg) => [
          leg.variantId, leg.role, leg.error ?? String(leg.status), leg.latencyMs.toFixed(1),
          leg.offContract === null ? leg.predictions.map((one) => `score ${one.score ?? '-'} class ${one.klass ?? '-'}`).join('; ') : `off contract: ${leg.offContract}`,
        ])),
        ...(answer.labels.length === 0 ? ['outcome: not known yet'] : answer.labels.map((label) => `outcome of row ${label.row}: ${String(label.value)} (known since ${utc(label.labelMs)}, from ${label.source})`)),
      ].join('\n'));
      return undefined;
    }));
}
