import type { Command } from 'commander';
import type { RolloutView } from '../../api/contract.ts';
import { LastmileError } from '../../domain/errors.ts';
import { modelTried } from '../../domain/rollout/record.ts';
import { act, type Context, type Session } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { give, tell } from '../output.ts';
import { askOf } from '../render/approval.ts';

interface ApproveOptions { rollout?: number; digest?: string; reason: string; delegate?: string; idempotencyKey?: string }

export function registerApprove(program: Command, context: Context): void {
  program.command('approve').description('agree to what waits for approval, or hand the right on').argument('<name>', 'deployment')
    .option('--rollout <n>', 'number of the rollout (default: the running one)', wholeNumber).option('--digest <digest>', 'the bytes that you looked at (default: those that wait now, which are shown)')
    .requiredOption('--reason <text>', 'why; kept in the audit chain').option('--delegate <person>', 'approve nothing: this person may instead of you').option('--idempotency-key <key>', 'the same key makes a repeated call one call')
    .action(act<[string], ApproveOptions>(context, async (session, options, name) => {
      const { client, output } = session;
      const view = await waiting(session, name, options.rollout);
      const { rollout: { n, challenger, state } } = view;
      const digest = options.digest ?? challenger?.artifactDigest ?? '';
      tell(output, shown(view, options));
      const answer = await client.call('approve', {
        params: { name, n }, body: { digest, verdict: state.verdict?.n ?? null, reason: options.reason, delegateTo: options.delegate ?? null },
        ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
      });
      give(output, answer, () => answer.message);
      return undefined;
    }));
}

async function waiting({ client }: Session, name: string, n: number | undefined): Promise<RolloutView> {
  const view = n === undefined ? (await client.call('getDeployment', { params: { name } })).rollout : await client.call('getRollout', { params: { name, n } });
  if (view?.rollout.state.stage !== 'approving') throw new LastmileError('LM_COMMAND_REFUSED', `Nothing of ${name} waits for approval. \`lastmile status ${name}\` says what it does.`);
  return view;
}

/** What is agreed to: bytes, verdict, evidence. */
function shown({ rollout }: RolloutView, { digest, delegate }: ApproveOptions): string {
  const { verdict } = rollout.state;
  return [
    `rollout ${rollout.n}: ${modelTried(rollout)}`, `digest: ${rollout.challenger?.artifactDigest ?? 'none'}`, `verdict ${verdict?.n ?? '-'}: ${verdict?.text ?? 'none'}`, `evidence: ${verdict?.evidenceHash ?? 'none'}`,
    ...askOf(rollout), ...(digest === undefined && delegate === undefined ? ['No --digest was given: this approves the digest above, as read just now.'] : []),
  ].join('\n');
}
