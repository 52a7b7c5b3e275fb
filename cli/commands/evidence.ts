import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { bundleText, type Bundle } from '../../domain/evidence/bundle.ts';
import { offChain, verifyBundle, type BundleCheck } from '../../domain/evidence/verify.ts';
import { readExport } from '../../domain/audit/export-file.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { Client } from '../client.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { countingNumber } from '../numbers.ts';
import { give, tell } from '../output.ts';
import { bundleSummary, rejudgedText } from '../render/evidence.ts';
import { exactText, trust } from '../trusted-keys.ts';

interface WhichOptions { rollout?: number; verdict?: number }
interface ExportOptions extends WhichOptions { out?: string; force?: boolean }
interface VerifyOptions { key: readonly string[]; audit?: string }

export function registerEvidence(program: Command, context: Context): void {
  const evidence = program.command('evidence').description('the sealed record behind a verdict');
  const which = (command: Command): Command => command.argument('<name>', 'deployment').option('--rollout <n>', 'number of the rollout (default: the newest)', countingNumber).option('--verdict <k>', 'number of the verdict in it (default: the newest)', countingNumber);
  which(evidence.command('show').description('what a verdict rests on, for people')).action(act<[string], WhichOptions>(context, show));
  which(evidence.command('export').description('plan, file, contract, blocks, verdict, route changes and audit records in one signed document'))
    .option('-o, --out <file>', 'where to (default: standard output)').option('--force', 'write over a file that exists').action(act<[string], ExportOptions>(context, exportBundle));
  evidence.command('verify').description('every hash, the signature, and the judge asked again; needs no server and no secret').argument('<file>', 'from `evidence export`')
    .option('--key <file>', 'trust only this public key (PEM); may be repeated', (file: string, before: readonly string[]) => [...before, file], [] as readonly string[])
    .option('--audit <file>', 'an audit export in which the records of the bundle must stand').action(act<[string], VerifyOptions>(context, verify));
}

async function bundleOf(client: Client, { rollout, verdict }: WhichOptions, name: string): Promise<Bundle> {
  const n = rollout ?? (await client.call('listRollouts', { params: { name }, query: { limit: 1 } })).items[0]?.n;
  if (n === undefined) throw new LastmileError('LM_ROLLOUT_NOT_FOUND', `${name} has had no rollout.`);
  return client.call('bundle', { params: { name, n }, query: { verdict } });
}

async function show({ client, output }: Session, options: WhichOptions, name: string): Promise<undefined> {
  const bundle = await bundleOf(client, options, name);
  const checked = verifyBundle(bundleText(bundle), (own) => trust([])([own]));
  give(output, { about: bundle.about, root: bundle.root, keyId: bundle.seal.keyId, problems: checked.problems, rejudged: checked.rejudged, parts: checked.parts }, () => bundleSummary(output, checked));
  return undefined;
}

async function exportBundle({ client, output }: Session, options: ExportOptions, name: string): Promise<undefined> {
  const { out, force = false } = options;
  if (out !== undefined && !force && existsSync(out)) throw new LastmileError('LM_CONFLICT', `${out} exists; --force writes over it.`);
  const bundle = await bundleOf(client, options, name);
  const text = bundleText(bundle);
  if (out === undefined) { output.out(text); return undefined; }
  writeFileSync(out, text);
  tell(output, `Verdict ${bundle.about.verdict} of ${name}, rollout ${bundle.about.rollout}, in ${out}: root ${bundle.root}. Verify with: lastmile evidence verify ${out}`);
  return undefined;
}

async function verify({ output }: Session, { key, audit }: VerifyOptions, file: string): Promise<ExitCode> {
  const checkFor = trust(key);
  const text = exactText(file);
  const checked: BundleCheck = text === null ? { problems: [{ where: 'file', problem: 'is not UTF-8: a byte was changed' }], about: null, parts: null, rejudged: null, root: null, keyId: null } : verifyBundle(text, (own) => checkFor([own]));
  const problems = [...checked.problems, ...(audit === undefined || checked.parts === null ? [] : offChain(checked.parts, readExport(exactText(audit) ?? '').records))];
  const good = problems.length === 0;
  give(output, { ok: good, problems, about: checked.about, root: checked.root, keyId: checked.keyId, rejudged: checked.rejudged }, () => [
    good ? `The bundle is whole: root ${checked.root ?? ''}, sealed with key ${checked.keyId ?? ''}${key.length === 0 ? ' (from the file itself; --key checks it against one that you trust)' : ''}.` : `The bundle is not what was sealed: ${String(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'}.`,
    ...problems.slice(0, 30).map(({ where, problem }) => `  ${where}: ${problem}`), ...(checked.rejudged === null ? [] : [rejudgedText(checked.rejudged)]),
  ].join('\n'));
  return good ? EXIT.good : EXIT.gate;
}
