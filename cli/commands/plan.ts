import type { Command } from 'commander';
import type { PlanAnswer } from '../../api/contract.ts';
import { act, type Context } from '../context.ts';
import { give } from '../output.ts';
import { normalForm, readDeployment } from './deployment-file.ts';

export function registerPlan(program: Command, context: Context): void {
  program.command('plan').description('print the normal form of a file, what it would change, and what it costs; changes nothing')
    .argument('<file>', 'deployment file, YAML or JSON')
    .action(act<[string], object>(context, async ({ client, output }, _options, file) => {
      const answer = await client.call('plan', { body: { spec: readDeployment(file).spec } });
      give(output, answer, () => `${normalForm(answer.spec)}\n${planNotes(answer)}`);
      return undefined;
    }));
}

/** What would change and what to know, as bullet points. */
export function planNotes({ changes, notes }: Pick<PlanAnswer, 'changes' | 'notes'>): string {
  const list = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [title, ...lines.map((line) => `  - ${line}`)]);
  return [...list('Would change:', changes), ...list('To know:', notes)].join('\n');
}
