import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { isLastmileError } from '../../domain/errors.ts';
import type { ModelMetadata } from '../../domain/tensor.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { give, tell } from '../output.ts';
import { applied } from './apply.ts';
import { normalForm, readDeployment } from './deployment-file.ts';
import { deploymentName, writeDeployment } from './init.ts';
import { planNotes } from './plan.ts';
import { watchRollout } from './watch.ts';

interface DeployOptions { name?: string; file?: string; retry?: boolean; reason?: string; overrideFreeze?: boolean; wait?: boolean }

export function registerDeploy(program: Command, context: Context): void {
  program.command('deploy').description('try a version: write NAME.yaml if there is none, show the plan, apply')
    .argument('<model>', 'REGISTRY:NAME@VERSION')
    .option('--name <name>', 'name of the deployment (default: the model\'s)').option('-f, --file <file>', 'deployment file (default: NAME.yaml)')
    .option('--retry', 'try a version again that was rolled back or refused before').option('--reason <text>', 'why; kept in the audit chain')
    .option('--override-freeze', 'a person starts it in a freeze; needs --reason').option('--wait', 'follow the rollout to its end and exit by it')
    .action(act<[string], DeployOptions>(context, deploy));
}

/**
 * With a file, the file says the policy and the argument which version; the file on disk is not rewritten.
 * Without one, a deployment that exists keeps its policy, and a new one gets the smallest file.
 */
async function deploy(session: Session, options: DeployOptions, model: string): Promise<ExitCode> {
  const { output } = session;
  const name = options.name ?? deploymentName(model);
  const file = options.file ?? `${name}.yaml`;
  const hasFile = existsSync(file);
  const started = !hasFile && options.file === undefined && await exists(session, name) ? await tryVersion(session, options, { name, model }) : await applyFile(session, options, { name, model, file, hasFile });
  const code = options.wait === true && started.rollout !== null ? await watchRollout(session, { name: started.name, n: started.rollout }) : EXIT.good;
  if (code === EXIT.good) tell(output, await curlLine(session, started.name));
  return code;
}

interface Wanted { readonly name: string; readonly model: string; readonly file: string; readonly hasFile: boolean }
interface Started { readonly name: string; readonly rollout: number | null }

async function exists({ client }: Session, name: string): Promise<boolean> {
  try {
    await client.call('getDeployment', { params: { name } });
    return true;
  } catch (error) {
    if (isLastmileError(error) && error.kind === 'not-found') return false;
    throw error;
  }
}

async function tryVersion({ client, output }: Session, options: DeployOptions, { name, model }: Pick<Wanted, 'name' | 'model'>): Promise<Started> {
  const answer = await client.call('startRollout', { params: { name }, body: { model, retry: options.retry ?? false, reason: options.reason ?? null, ...past(options) } });
  const text = answer.state === 'queued' ? `${name}: ${model} is queued behind the running rollout.` : `${name}: rollout ${answer.rollout ?? '?'} of ${model} has started; the policy stays as it is.`;
  if (options.wait !== true || !output.json) give(output, answer, () => text);
  return { name, rollout: answer.rollout };
}

async function applyFile({ client, output }: Session, options: DeployOptions, { name, model, file, hasFile }: Wanted): Promise<Started> {
  if (!hasFile) { writeDeployment(file, name, model); tell(output, `Wrote ${file}.`); }
  const read = readDeployment(file);
  const spec = { ...read.spec, spec: withModel(read.spec.spec, model) };
  const plan = await client.call('plan', { body: { spec } });
  tell(output, `${normalForm(plan.spec)}\n${planNotes(plan)}\n`);
  const answer = await client.call('apply', { params: { name: read.name }, body: { spec, retry: options.retry ?? false, reason: options.reason ?? null, ...past(options) } });
  if (options.wait !== true || !output.json) give(output, answer, () => applied(answer));
  return { name: read.name, rollout: answer.rollout };
}

/** Contenders are those of the model in the file: another one is tried by itself. */
function withModel(written: unknown, model: string): object {
  const { contenders, ...rest }: { readonly contenders?: unknown; readonly model?: unknown } = typeof written === 'object' && written !== null ? written : {};
  return { ...rest, model, ...(contenders === undefined || rest.model !== model ? {} : { contenders }) };
}

function past({ overrideFreeze }: DeployOptions): { overrideFreeze?: true } { return overrideFreeze === true ? { overrideFreeze } : {}; }

/** How anyone calls it: with the model's own inputs where the gateway knows them already. */
async function curlLine(session: Session, name: string): Promise<string> {
  const gateway = await session.gateway(1);
  try {
    const metadata = await gateway.metadata(name).catch(() => null);
    return `\nCall it:\n  curl -s ${gateway.url}/v2/models/${name}/infer -H 'content-type: application/json' -d '${JSON.stringify({ inputs: exampleInputs(metadata) })}'`;
  } finally {
    await gateway.close();
  }
}

function exampleInputs(metadata: ModelMetadata | null): readonly unknown[] {
  const inputs = metadata?.inputs ?? [{ name: 'INPUT', datatype: 'FP32', shape: [-1, 1] }];
  return inputs.map(({ name, datatype, shape }) => {
    const sizes = shape.map((size) => (size < 0 ? 1 : size));
    const count = sizes.reduce((product, size) => product * size, 1);
    return { name, datatype, shape: sizes, data: new Array<unknown>(count).fill(datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0) };
  });
}
