import type { Command } from 'commander';
import type { ApplyAnswer } from '../../api/contract.ts';
import { act, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { give } from '../output.ts';
import { readDeployment } from './deployment-file.ts';
import { watchRollout } from './watch.ts';

const SAID: Readonly<Record<ApplyAnswer['result'], string>> = {
  started: 'a rollout has started', queued: 'a rollout is queued behind the running one', updated: 'the policy is updated; no new version to try', unchanged: 'nothing changed', planned: 'nothing was changed (dry run)',
};

export function registerApply(program: Command, context: Context): void {
  program.command('apply').description('create or change a deployment; a new model starts a rollout')
    .argument('<file>', 'deployment file, YAML or JSON')
    .option('--retry', 'try a version again that was rolled back or refused before').option('--reason <text>', 'why; kept in the audit chain')
    .option('--override-freeze', 'a person starts it in a freeze; needs --reason').option('--dry-run', 'check only').option('--wait', 'follow the rollout to its end').option('--idempotency-key <key>', 'the same key makes a repeated call one call')
    .action(act<[string], { retry?: boolean; reason?: string; overrideFreeze?: boolean; dryRun?: boolean; wait?: boolean; idempotencyKey?: string }>(context, async (session, options, file) => {
      const { client, output } = session;
      const { name, spec } = readDeployment(file);
      const answer = await client.call('apply', {
        params: { name }, body: { spec, retry: options.retry ?? false, reason: options.reason ?? null, dryRun: options.dryRun ?? false, ...(options.overrideFreeze === true ? { overrideFreeze: true } : {}) },
        ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
      });
      const follow = options.wait === true && answer.rollout !== null;
      if (!follow || !output.json) give(output, answer, () => applied(answer));
      if (!follow) return EXIT.good;
      return watchRollout(session, { name, n: answer.rollout });
    }));
}

export function applied(answer: ApplyAnswer): string {
  const rollout = answer.rollout === null ? '' : ` (rollout ${answer.rollout})`;
  const next = answer.result === 'started' ? [`Watch it: lastmile watch ${answer.deployment}`] : [];
  return [`${answer.deployment}: ${SAID[answer.result]}${rollout}.`, ...answer.notes.map((note) => `  - ${note}`), ...next, ...(answer.links.page === null ? [] : [answer.links.page])].join('\n');
}

