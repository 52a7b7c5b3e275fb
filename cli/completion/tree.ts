import type { Command } from 'commander';

/** A flag as it is typed, what it is for, and the words it takes; null: a value of any kind, [] where it takes none. */
export interface Flag { readonly name: string; readonly about: string; readonly choices: readonly string[] | null }
export interface Word { readonly name: string; readonly about: string }

/** What may follow one command: `path` is [] for `lastmile` itself, ['gateways', 'list'] for a command of a command. */
export interface Place { readonly path: readonly string[]; readonly about: string; readonly words: readonly Word[]; readonly flags: readonly Flag[] }

/** Every place of the command tree, the root first. Global flags may stand anywhere. */
export function placesOf(program: Command): readonly Place[] {
  const everywhere = [...flagsOf(program), { name: '--help', about: 'what it takes', choices: [] }];
  const walk = (command: Command, path: readonly string[]): Place[] => [
    { path, about: command.description(), words: wordsOf(command), flags: path.length === 0 ? everywhere : [...flagsOf(command), ...everywhere] },
    ...command.commands.flatMap((child) => walk(child, [...path, child.name()])),
  ];
  return walk(program, []);
}

export function commandPaths(program: Command): readonly (readonly string[])[] { return placesOf(program).map(({ path }) => path).filter((path) => path.length > 0); }

function wordsOf(command: Command): readonly Word[] {
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []).map((name) => ({ name, about: '' }));
  return [...command.commands.map((child) => ({ name: child.name(), about: child.description() })), ...choices];
}

function flagsOf(command: Command): readonly Flag[] {
  return command.options.flatMap(({ long, description, required, optional, argChoices }): Flag[] => (
    long === undefined ? [] : [{ name: long, about: description, choices: required || optional ? argChoices ?? null : [] }]
  ));
}
