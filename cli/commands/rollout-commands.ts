import type { Command } from 'commander';
import type { CommandAnswer } from '../../api/contract.ts';
import { LastmileError } from '../../domain/errors.ts';
import { act, type Context, type Session } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { give } from '../output.ts';

interface CommandOptions { reason?: string; rollout?: number; idempotencyKey?: string; overrideFreeze?: boolean }

/** promote, abort, pause and resume act on the running rollout; rollback on the deployment. One file, since they are one idea: a person's command with a reason. */
export function registerRolloutCommands(program: Command, context: Context): void {
  onRollout(program, context, { verb: 'promote', about: 'make the challenger champion now, without the judge', reasonNeeded: true }).option('--override-freeze', 'past a freeze; audited with the reason');
  onRollout(program, context, { verb: 'abort', about: 'end the rollout; all traffic to the champion', reasonNeeded: false });
  onRollout(program, context, { verb: 'pause', about: 'no next step until resumed; traffic stays', reasonNeeded: false });
  onRollout(program, context, { verb: 'resume', about: 'go on after a pause', reasonNeeded: false });
  command(program, { verb: 'rollback', about: 'back to the last good champion', reasonNeeded: true })
    .action(act<[string], CommandOptions>(context, async (session, options, name) => {
      answered(session, await session.client.call('rollback', { params: { name }, ...body(options) }));
      return undefined;
    }));
  registerSteering(program, context);
}

/** pin, unpin, retire, restore and delete: a person's word on the whole deployment. */
function registerSteering(program: Command, context: Context): void {
  const steers = [
    { verb: 'pin', about: 'hold the champion: automation does not move it, rollouts wait', reasonNeeded: false }, { verb: 'unpin', about: 'let automation go on', reasonNeeded: false },
    { verb: 'retire', about: 'out of service: callers get 410, versions are unloaded, nothing new is tried', reasonNeeded: true },
    { verb: 'restore', about: 'a retired deployment into service again, with its champion', reasonNeeded: true },
  ] as const;
  for (const of of steers) {
    command(program, of).action(act<[string], CommandOptions>(context, async (session, options, name) => {
      answered(session, await session.client.call(of.verb, { params: { name }, ...body(options) }));
      return undefined;
    }));
  }
  command(program, { verb: 'delete', about: 'end a retired deployment: the name is free, what was recorded stays', reasonNeeded: true }).option('--force', 'also one that is not retired, when nothing of it ever served')
    .action(act<[string], CommandOptions & { force?: boolean }>(context, async (session, options, name) => {
      const { body: given, ...rest } = body(options);
      answered(session, await session.client.call('deleteDeployment', { params: { name }, body: { ...given, force: options.force ?? false }, ...rest }));
      return undefined;
    }));
}

interface Verb { readonly verb: 'promote' | 'abort' | 'pause' | 'resume' | 'rollback' | 'pin' | 'unpin' | 'retire' | 'restore' | 'delete'; readonly about: string; readonly reasonNeeded: boolean }

function onRollout(program: Command, context: Context, of: Verb & { readonly verb: 'promote' | 'abort' | 'pause' | 'resume' }): Command {
  return command(program, of).option('--rollout <n>', 'number of the rollout (default: the running one)', wholeNumber)
    .action(act<[string], CommandOptions>(context, async (session, options, name) => {
      const n = options.rollout ?? await running(session, name);
      answered(session, await session.client.call(of.verb, { params: { name, n }, ...body(options) }));
      return undefined;
    }));
}

function command(program: Command, { verb, about, reasonNeeded }: Verb): Command {
  const made = program.command(verb).description(about).argument('<name>', 'deployment').option('--idempotency-key <key>', 'the same key makes a repeated call one call');
  return reasonNeeded ? made.requiredOption('--reason <text>', 'why; kept in the audit chain') : made.option('--reason <text>', 'why; kept in the audit chain');
}

async function running({ client }: Session, name: string): Promise<number> {
  const { rollout } = await client.call('getDeployment', { params: { name } });
  if (rollout === null) throw new LastmileError('LM_COMMAND_REFUSED', `${name} has no running rollout. \`lastmile history ${name}\` lists the ended ones.`);
  return rollout.rollout.n;
}

function body({ reason, idempotencyKey, overrideFreeze }: CommandOptions): { body: { reason: string | null; overrideFreeze?: true }; idempotencyKey?: string } {
  return { body: { reason: reason ?? null, ...(overrideFreeze === true ? { overrideFreeze } : {}) }, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
}

function answered({ output }: Session, answer: CommandAnswer): void { give(output, answer, () => answer.message); }
