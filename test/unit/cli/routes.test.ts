import type { Command } from 'commander';
import { ROUTES, type ApiRoute } from '../../../api/contract.ts';
import type { Context } from '../../../cli/context.ts';
import { createProgram } from '../../../cli/program.ts';
import { Readable } from 'node:stream';

const context: Context = { exitCode: 0, io: { input: Readable.from([]), out: () => undefined, err: () => undefined, color: false, interactive: false, columns: 80, signal: new AbortController().signal } };
const program = createProgram(context, '0.0.0');
const find = (path: string): Command | undefined => path.split(' ').reduce<Command | undefined>((command, word) => command?.commands.find((child) => child.name() === word), program);

const routes: Readonly<Record<string, ApiRoute>> = ROUTES;
test.each(Object.entries(routes).flatMap(([name, { cli }]) => (cli === null ? [] : [[name, cli] as const])))('route %s has its command, %s', (_name, cli) => {
  expect(find(cli)?.name()).toBe(cli.split(' ').at(-1));
});

test('the walk can fail', () => { expect(find('labels pull')).toBeUndefined(); });

test('every command says in its help what it is for', () => {
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
  expect(all(program).filter((command) => command.description() === '').map((command) => command.name())).toEqual([]);
});
