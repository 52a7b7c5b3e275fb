import { Option, type Command } from 'commander';
import { act, type Context } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { give } from '../output.ts';
import { renderFindings, renderMoney } from '../render/verdict.ts';

export function registerExplain(program: Command, context: Context): void {
  program.command('explain').description('why, in one paragraph').argument('<name>', 'deployment')
    .addOption(new Option('--for <reader>', 'who reads it').choices(['engineer', 'owner']).default('engineer'))
    .option('--rollout <n>', 'number of the rollout (default: the newest)', wholeNumber)
    .option('--evidence', 'also the plan, the verdicts and how many blocks they rest on')
    .action(act<[string], { for: 'engineer' | 'owner'; rollout?: number; evidence?: boolean }>(context, async ({ client, output }, options, name) => {
      const answer = await client.call('explain', { params: { name }, query: { for: options.for, rollout: options.rollout } });
      const n = options.rollout ?? (options.evidence === true ? (await client.call('listRollouts', { params: { name }, query: { limit: 1 } })).items[0]?.n : undefined);
      const evidence = options.evidence === true && n !== undefined ? await client.call('evidence', { params: { name, n } }) : null;
      give(output, evidence === null ? answer : { ...answer, evidence }, () => {
        const { verdict } = answer;
        const numbers = evidence === null || verdict === null ? [] : ['', renderFindings(output, verdict), ...(verdict.money === null ? [] : [`money: ${renderMoney(verdict.money)}`]), `${evidence.blocks} sealed blocks, ${evidence.shortBlocks} short, ${evidence.verdicts.length} verdicts; evidence ${verdict.evidenceHash ?? '-'}`];
        return [answer.text, ...numbers].join('\n');
      });
      return undefined;
    }));
}
