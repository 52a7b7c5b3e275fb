import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describeError } from '../../config/log.ts';
import { LastmileError } from '../../domain/errors.ts';
import { NAME } from '../../domain/ids.ts';
import { formatModelRef, parseModelRef } from '../../domain/model.ts';
import { act, type Context } from '../context.ts';
import { give } from '../output.ts';
import { systemCode } from '../system-error.ts';
import { smallestFile } from './deployment-file.ts';

export function registerInit(program: Command, context: Context): void {
  program.command('init').description('write the smallest deployment file; never overwrites')
    .argument('[model]', 'the version to try, REGISTRY:NAME@VERSION', 'filesystem:churn@1')
    .option('--name <name>', 'name of the deployment (default: the model\'s)').option('-o, --output <file>', 'file to write (default: NAME.yaml)')
    .action(act<[string], { name?: string; output?: string }>(context, async ({ output }, options, model) => {
      const name = options.name ?? deploymentName(model);
      const file = options.output ?? `${name}.yaml`;
      writeDeployment(file, name, model);
      give(output, { file, name, model }, () => `Wrote ${file}. Next: lastmile plan ${file}`);
      return undefined;
    }));
}

/** The last part of the model's name, if it may name a deployment. Throws LM_INVALID_REQUEST. */
export function deploymentName(model: string): string {
  const name = (parseModelRef(model).name.split('/').at(-1) ?? '').toLowerCase().replaceAll(/[._]/g, '-');
  if (!NAME.test(name)) throw new LastmileError('LM_INVALID_REQUEST', `"${name}" cannot name a deployment (1 to 63 of a-z, 0-9 and -); give one with --name.`);
  return name;
}

/** Throws LM_CONFLICT where the file exists: what a person wrote is never replaced. */
export function writeDeployment(file: string, name: string, model: string): void {
  if (!NAME.test(name)) throw new LastmileError('LM_INVALID_REQUEST', `"${name}" cannot name a deployment; use 1 to 63 of a-z, 0-9 and -.`);
  const text = smallestFile(name, formatModelRef(parseModelRef(model)));
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw new LastmileError('LM_CONFLICT', `${file} exists already and is not overwritten; name another with --output.`);
    throw new LastmileError('LM_INVALID_REQUEST', `${file} cannot be written: ${describeError(error)}`, { cause: error });
  }
}
