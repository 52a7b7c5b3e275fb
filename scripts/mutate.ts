import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT } from '../cli/exit-codes.ts';
import { loadEnvironment } from '../config/environment.ts';
import { GROUPS } from './mutation/groups.ts';
import { ensureStryker, mutate, type Tally } from './mutation/stryker.ts';
import { runCommand } from './run-command.ts';

const HELP = `npm run mutate [-- GROUP... --survivors --concurrency N]
Changes domain/analysis in small ways, one at a time, and counts how many the tests notice (Stryker).
Groups: ${Object.keys(GROUPS).join(', ')}; all of them take an hour or two on two cores.
--survivors   lists the changes that no test noticed, by file and line
`;
const ROOT = join(import.meta.dirname, '..');

/** npm run mutate: the mutation score of domain/analysis, by group and in all. */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, survivors: { type: 'boolean' }, concurrency: { type: 'string', default: '2' } } });
  const unknown = positionals.filter((name) => !Object.hasOwn(GROUPS, name));
  const concurrency = Number(values.concurrency);
  if (values.help === true || unknown.length > 0 || !(Number.isInteger(concurrency) && concurrency > 0)) {
    (values.help === true ? process.stdout : process.stderr).write(unknown.length > 0 ? `There is no group ${unknown.join(', ')}; there is ${Object.keys(GROUPS).join(', ')}.\n` : HELP);
    return values.help === true ? EXIT.good : EXIT.usage;
  }
  const stryker = await ensureStryker(loadEnvironment().toolsDir, (line) => { process.stderr.write(`${line}\n`); });
  const tallies: [string, Tally][] = [];
  for (const [name, group] of Object.entries(GROUPS).filter(([each]) => positionals.length === 0 || positionals.includes(each))) {
    const tally = await mutate(stryker, { root: ROOT, name, group, concurrency });
    tallies.push([name, tally]);
    if (values.survivors === true) for (const { file, line, mutator, source, replacement } of tally.survivors) process.stdout.write(`${file}:${String(line)} ${mutator}: ${source} => ${replacement.replaceAll('\n', ' ')}\n`);
  }
  process.stdout.write(tableOf([...tallies, ['all', sum(tallies.map(([, tally]) => tally))]]));
  return EXIT.good;
}

function sum(tallies: readonly Tally[]): Tally {
  const of = (count: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + count(tally), 0);
  return { killed: of(({ killed }) => killed), timedOut: of(({ timedOut }) => timedOut), survived: of(({ survived }) => survived), unreached: of(({ unreached }) => unreached), ignored: of(({ ignored }) => ignored), survivors: [] };
}

/** Score: noticed of all that a test could notice; a change that makes code run for ever is noticed. */
function tableOf(rows: readonly (readonly [string, Tally])[]): string {
  const line = ([name, { killed, timedOut, survived, unreached, ignored }]: readonly [string, Tally]): string => {
    const noticed = killed + timedOut;
    const score = (100 * noticed) / (noticed + survived + unreached);
    return `| ${name} | ${score.toFixed(1)} % | ${String(killed)} | ${String(timedOut)} | ${String(survived)} | ${String(unreached)} | ${String(ignored)} |`;
  };
  return `\n| group | score | killed | timed out | survived | unreached | ignored |\n| --- | --- | --- | --- | --- | --- | --- |\n${rows.map(line).join('\n')}\n`;
}

if (import.meta.main) runCommand(main);
