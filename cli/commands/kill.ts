import { Option, type Command } from 'commander';
import { newId } from '../../config/ids.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { KillScope } from '../../domain/kill/kill.ts';
import { killDirectly } from '../break-glass/direct-kill.ts';
import { readKit } from '../break-glass/kit.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { durationMs } from '../numbers.ts';
import { followKill, hasReached, isOut, orderKill, withinLimit, type Wait } from '../order-kill.ts';
import { give, tell } from '../output.ts';
import { renderDirect, renderKill } from '../render/kill.ts';

interface KillOptions {
  variant?: string; version?: string; digest?: string; challengers?: boolean; all?: boolean; drain?: boolean; reason?: string;
  wait: Wait; for: number; idempotencyKey?: string; direct?: boolean;
}

/** The table of decision D4: what stops what, and who undoes it. */
const TABLE = `
what          traffic            undone by
pause         unchanged          resume
abort         to the champion    a new rollout
rollback      to the last good   a new rollout
kill          proved zero        revive, by a person

Exit codes: 0 reached what --wait asks for; 75 not confirmed everywhere (it says where and what bounds it); 5 nothing of that name.
When the API does not answer, kill NAME goes straight to the gateways and model servers that it remembers from the last contact, and says so;
so it does with --direct. --digest without NAME needs the API: only it knows which deployments have these bytes.`;

/** kill: no question, no reason first. A scope other than the champion is said by a flag. */
export function registerKill(program: Command, context: Context): void {
  program.command('kill').description('take the champion (or what a flag names) off all traffic at once, and prove it')
    .argument('[name]', 'deployment; may be left out with --digest')
    .option('--variant <id>', 'this variant').option('--version <version>', 'this version').option('--digest <sha256>', 'whatever has these bytes; without NAME in every deployment')
    .option('--challengers', 'every challenger and shadow').option('--all', 'the whole deployment: callers get 503')
    .option('--drain', 'let requests under way come to their end instead of answering them by the fallback')
    .option('--reason <text>', 'why; may be said later with `lastmile kills --id ID --reason`')
    .addOption(new Option('--wait <state>', 'how far to wait').choices(['fenced', 'silent', 'proved']).default('proved'))
    .option('--for <duration>', 'how long to wait for it', durationMs, 30_000)
    .option('--direct', 'straight to the gateways, without asking the API').option('--idempotency-key <key>', 'the same key makes a repeated call one call')
    .addHelpText('after', TABLE)
    .action(act<[string | undefined], KillOptions>(context, async (session, options, name) => {
      const scope = scopeOf(options, name);
      if (name === undefined) return killDigest(session, options);
      if (options.direct === true) return direct(session, { name, scope, options, why: null });
      try {
        return await ordered(session, { name, scope, options });
      } catch (error) {
        if (!isOut(error)) throw error;
        return direct(session, { name, scope, options, why: error });
      }
    }));
}

function scopeOf({ variant, version, digest, challengers, all }: KillOptions, name: string | undefined): KillScope {
  const given = [variant, version, digest, challengers, all].filter((each) => each !== undefined);
  if (given.length > 1) throw new LastmileError('LM_INVALID_REQUEST', 'Name one thing to kill: --variant, --version, --digest, --challengers or --all; without any it is the champion.');
  if (name === undefined && digest === undefined) throw new LastmileError('LM_INVALID_REQUEST', 'Say which deployment: lastmile kill NAME. Only --digest works without a name.');
  if (variant !== undefined) return { kind: 'variant', variantId: variant };
  if (version !== undefined) return { kind: 'version', version };
  if (digest !== undefined) return { kind: 'digest', digest };
  return { kind: challengers === true ? 'challengers' : all === true ? 'all' : 'champion' };
}

async function ordered({ lasting, output }: Session, { name, scope, options }: { name: string; scope: KillScope; options: KillOptions }): Promise<ExitCode> {
  const body = { scope, inFlight: options.drain === true ? 'drain' : 'abort', reason: options.reason ?? null } as const;
  const view = await orderKill(lasting, { name, body, wait: options.wait, forMs: options.for, signal: output.signal, ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }) });
  give(output, view, () => renderKill(output, view));
  if (view.kill.reason === null) tell(output, `For the record, when you have a hand free: lastmile kills --id ${view.kill.killId} --reason "…"; back: lastmile revive ${view.kill.killId} --reason "…"`);
  return hasReached(view.kill.state, options.wait) ? EXIT.good : EXIT.unavailable;
}

async function killDigest({ lasting, output }: Session, { digest, drain, reason, wait, for: forMs, idempotencyKey, direct: straight }: KillOptions): Promise<ExitCode> {
  if (straight === true) throw new LastmileError('LM_INVALID_REQUEST', 'A digest without a name cannot go straight to the gateways, which do not tell each other what they serve: lastmile kill NAME --digest … --direct, for each deployment.');
  const ordered = await withinLimit((signal) => lasting.call('killDigest', { body: { digest, inFlight: drain === true ? 'drain' : 'abort', reason: reason ?? null }, signal, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }));
  const kills = await Promise.all(ordered.kills.map((view) => followKill(lasting, view, { wait, forMs, signal: output.signal })));
  give(output, kills, () => kills.map((view) => renderKill(output, view)).join('\n\n'));
  return kills.every(({ kill }) => hasReached(kill.state, wait)) ? EXIT.good : EXIT.unavailable;
}

/** Break-glass: every gateway and model server of the last contact. It says that it does so, and what it cannot know. */
async function direct(session: Session, { name, scope, options, why }: { name: string; scope: KillScope; options: KillOptions; why: LastmileError | null }): Promise<ExitCode> {
  const kit = readKit(session.kitPlace, Date.now());
  if (kit === null) throw new LastmileError('LM_API_UNAVAILABLE', `${why?.message ?? 'The gateways cannot be reached directly.'} No addresses are remembered from an earlier contact, so the gateways cannot be told directly: stop them, or the model server, where they run.`);
  tell(session.output, `${why === null ? 'Without the API' : `The API cannot do it (${why.message})`}: going straight to ${kit.gateways.length} gateway(s), as known ${new Date(kit.savedAtMs).toISOString()}.`);
  const result = await killDirectly(kit, { killId: newId('kil'), deployment: name, scope, inFlight: options.drain === true ? 'drain' : 'abort' });
  give(session.output, result, () => renderDirect(session.output, result));
  return result.silent && result.backends.every(({ ok }) => ok) ? EXIT.good : EXIT.unavailable;
}
