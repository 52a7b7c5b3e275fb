import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { figure, row, writeTable } from '../../bench/_shared/table.ts';
import { loadEnvironment } from '../../config/environment.ts';
import { createProgress } from '../../scripts/progress.ts';
import { runCommand } from '../../scripts/run-command.ts';
import { ensureTools } from '../../scripts/tools.ts';
import { CATALOGUE, PROCESS_KINDS } from './faults.ts';
import { faultsOf, type Report } from './report.ts';
import { runChaos } from './run-chaos.ts';

const HELP = `npm run chaos -- [--rollouts 100] [--seed N] [--only clock,memory] [--sets 1] [--minutes N] [--report FILE.json] [--write]

The whole product for real, with a mongod and a Temporal server of its own; rollouts of seconds under traffic while processes are
killed, held still and cut off, one random fault after the other. Prints the seed; the same seed chooses the same faults in the same
order, though not at the same instants. --sets: how many times the seven lanes of rollouts stand side by side. --minutes: no rollout begins later. --write puts the table into bench/README.md. Code 0: every promise held; 1: the lines say which did not.
`;

export async function main(args: readonly string[]): Promise<number> {
  const asked = askedFor(args);
  if (typeof asked === 'string') { (asked === HELP ? process.stdout : process.stderr).write(asked); return asked === HELP ? 0 : 2; }
  const config = loadEnvironment();
  const progress = createProgress(process.stderr);
  const tools = await ensureTools(['mongod', 'temporal'], { config, progress });
  progress.close();
  const say = (line: string): void => { process.stderr.write(`${line}\n`); };
  say(`seed ${String(asked.seed)}`);
  const report = await runChaos({ ...asked, tools, portBase: config.portBase + 20, kinds: asked.only.length === 0 ? PROCESS_KINDS : [], goOn: true, say });
  if (asked.report !== undefined) {
    const file = resolve(asked.report);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(report, null, 2));
  }
  const lines = tableOf(report);
  process.stdout.write(`${lines.join('\n')}\n`);
  if (asked.write) writeTable('chaos', lines);
  for (const line of report.goodOnesStopped) say(`a good version was stopped: ${line}`);
  const wrong = faultsOf(report);
  for (const line of wrong) say(line);
  return wrong.length === 0 ? 0 : 1;
}

interface Asked { readonly seed: number; readonly rollouts: number; readonly only: readonly string[]; readonly sets: number; readonly minutes: number | null; readonly report: string | undefined; readonly write: boolean }

/** What the command line asks for, or what is wrong with it, or the help. */
function askedFor(args: readonly string[]): Asked | string {
  const { values } = parseArgs({ args: [...args], options: { rollouts: { type: 'string', default: '100' }, seed: { type: 'string' }, report: { type: 'string' }, only: { type: 'string', default: '' }, sets: { type: 'string', default: '1' }, minutes: { type: 'string' }, write: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
  if (values.help) return HELP;
  const only = values.only.split(',').filter((kind) => kind !== '');
  const unknown = only.filter((kind) => !CATALOGUE.some((fault) => fault.kind === kind));
  if (unknown.length > 0) return `There are no faults of the kind ${unknown.join(', ')}; there are ${[...new Set(CATALOGUE.map(({ kind }) => kind))].join(', ')}.\n`;
  const sets = Number(values.sets);
  if (!Number.isInteger(sets) || sets < 1) return `--sets ${values.sets} is no number of sets of lanes.\n`;
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0)) return `--minutes ${values.minutes ?? ''} is no time.\n`;
  return { seed: values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed), rollouts: Number(values.rollouts), only, sets, minutes, report: values.report, write: values.write };
}

function tableOf(of: Report): readonly string[] {
  const kinds: Record<string, number> = {};
  for (const [name, count] of Object.entries(of.faults)) {
    const kind = ['disk full', 'out of memory'].find((two) => name.startsWith(two)) ?? name.split(' ', 1)[0] ?? name;
    kinds[kind] = (kinds[kind] ?? 0) + count;
  }
  const listed = (counts: Readonly<Record<string, number>>): string => Object.entries(counts).sort().map(([name, count]) => `${String(count)} ${name}`).join(', ');
  const ms = (value: number | null): string => value === null ? 'none' : `${figure(value / 1_000)} s`;
  return [
    row(['measured', 'value']), row(['---', '---']),
    row(['rollouts (how they ended)', `${String(of.rollouts)} (${listed(of.outcomes)})`]),
    row(['faults injected', `${String(Object.values(of.faults).reduce((sum, count) => sum + count, 0))} (${listed(kinds)})`]),
    row(['processes hit; ended by themselves and started again', `${String(of.pidsHit.length)}; ${String(of.pidsThatEndedThemselves.length)}`]),
    row(['duplicate effects', of.duplicateEffects]), row(['lost ends', of.lostEnds]),
    row(['kills; proved; answers from killed variants after silence', `${String(of.kills)}; ${String(of.killsProved)}; ${String(of.answersFromKilled)}`]),
    row(['requests; cut on a killed gateway and made again', `${of.requests.toLocaleString('en')}; ${String(of.cutUnderWay)}`]),
    row(['gateway availability, to a backend that is never hit', `${(100 * of.gatewayAvailability).toFixed(3)} %`]),
    row(['failed while the only modelhost was away; failed without a reason', `${String(of.failedWithoutModelhost)}; ${String(of.unexplained.length)}`]),
    row(['recovery p50; p99', `${ms(of.recoveryP50Ms)}; ${ms(of.recoveryP99Ms)}`]),
    row(['a rollout took, from the order to its end, p50; p99', `${ms(of.rolloutP50Ms)}; ${ms(of.rolloutP99Ms)}`]),
    row(['rollout workflows; their events; the largest event; failed', `${String(of.workflows)}; ${of.historyEvents.toLocaleString('en')}; ${figure(of.largestEventBytes / 1_000)} kB; ${String(of.workflowsFailed)}`]),
    row(['audit records, chain verified', of.auditRecords.toLocaleString('en')]),
    row(['notices; of them delivered more than once under one id', `${String(of.notices)}; ${String(of.noticesRepeated)}`]),
    row(['looks at the invariants; calls as another tenant; promises broken', `${String(of.looks)}; ${String(of.foreignCalls)}; ${String(of.broken.length)}`]),
    '', `Seed ${String(of.seed)}, ${figure(of.tookMs / 60_000)} minutes; Node ${process.versions.node}, ${process.platform}-${process.arch}. Not done: ${of.notDone.join('; ')}.`,
  ];
}

if (import.meta.main) runCommand(main);
