import { Argument, type Command } from 'commander';
import { SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import { placesOf } from '../completion/tree.ts';
import type { Context } from '../context.ts';

/** The script is made from the command tree itself, so that it never lags behind; it needs no configuration and no key. */
export function registerCompletion(program: Command, { io }: Context): void {
  program.command('completion').description('a script that completes commands, flags and choices in your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', '\nbash: eval "$(lastmile completion bash)"   zsh: eval "$(lastmile completion zsh)"   fish: lastmile completion fish | source')
    .action((shell: Shell) => { io.out(SCRIPTS[shell](placesOf(program))); });
}
