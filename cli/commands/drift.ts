import type { Command } from 'commander';
import { LastmileError } from '../../domain/errors.ts';
import { driftOf, driftOfCounts, USUAL_DRIFT, type DriftDocument, type TwoSamples } from '../../domain/drift/column-drift.ts';
import { USUAL_RULE, type DriftRule } from '../../domain/drift/rule.ts';
import { isChanged } from '../../domain/drift/watch.ts';
import { act, type Context, type Session } from '../context.ts';
import { readColumns } from '../csv-columns.ts';
import { parseCounts, parseEdges } from '../drift-input.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { commaList, countingNumber, decimal } from '../numbers.ts';
import { give } from '../output.ts';
import { openInput, readText } from '../read-input.ts';
import { renderDrift } from '../render/drift.ts';
import { renderLiveDrift } from '../render/live-drift.ts';

interface Options { columns?: readonly string[]; bins: number; edges?: string; counts?: string; categories: number; least: number; falseAlarms: number; windows: number; of?: string; limit: number }

const ABOUT = `
REF.csv is what was, CUR.csv what is: CSV files with a header. A column of the reference that holds only numbers is numeric and is cut into bins at the
reference's quantiles, [a, b), or at the edges of --edges (JSON: {"column": [0, 10, 20]} or {"column": {"edges": [...], "closed": "right"}} for (a, b]).
Drift is a change that is both significant, both samples with their noise, and large. What each figure is: docs/drift.md.

With --of NAME it asks the API instead: what changed in the traffic of that deployment's champion since it became one (spec.drift in the file).

Exit codes: 0 no drift, 3 drift, or of files too few rows to tell, 1 a file that cannot be compared, 2 usage. Files are sent nowhere.`;

/** drift: what changed between two samples, under a budget of false alarms. */
export function registerDrift(program: Command, context: Context): void {
  program.command('drift').description('what changed between two samples of the same columns, from files').argument('[ref]', 'CSV file of the reference').argument('[cur]', 'CSV file of now; - for standard input')
    .option('--columns <a,b>', 'these columns alone (default: all of the reference)', commaList).option('--bins <n>', 'bins of a numeric column', countingNumber, USUAL_DRIFT.bins).option('--edges <file>', 'JSON: fixed bins by column')
    .option('--counts <file>', 'JSON: counts instead of files, {"column": {"ref": …, "cur": …}}').option('--categories <n>', 'categories that are told apart, the most frequent of the reference', countingNumber, USUAL_DRIFT.categories)
    .option('--least <psi>', 'a smaller stability index is no drift, however sure', decimal, USUAL_RULE.least).option('--false-alarms <n>', 'accepted in a month, over all columns', decimal, USUAL_RULE.falseAlarms)
    .option('--windows <n>', 'comparisons like this one in a month', countingNumber, USUAL_RULE.windows)
    .option('--of <deployment>', 'instead of files: what changed in the live traffic of its champion').option('--limit <n>', 'windows of --of that are shown', countingNumber, SHOWN)
    .addHelpText('after', ABOUT)
    .action(act<[string | undefined, string | undefined], Options>(context, drift));
}

const SHOWN = 30;

async function drift(session: Session, options: Options, ref: string | undefined, cur: string | undefined): Promise<ExitCode> {
  const { output } = session;
  if (options.of !== undefined) return liveDrift(session, options.of, { limit: options.limit, isAlone: ref === undefined && options.counts === undefined });
  const document = await documentOf(output, options, [ref, cur]);
  give(output, document, () => renderDrift(output, document));
  return document.verdict === 'no-drift' ? EXIT.good : EXIT.gate;
}

/** 3 where the newest window changed, or its expected quality fell; 0 where nothing did, or nothing can be told yet. */
async function liveDrift({ client, output }: Session, name: string, { limit, isAlone }: { readonly limit: number; readonly isAlone: boolean }): Promise<ExitCode> {
  if (!isAlone) throw new LastmileError('LM_INVALID_REQUEST', 'Give either files or --of NAME.');
  const answer = await client.call('listDrift', { params: { name }, query: { limit } });
  give(output, answer, () => renderLiveDrift(output, answer));
  const [newest] = answer.items;
  return newest !== undefined && isChanged(newest) ? EXIT.gate : EXIT.good;
}

async function documentOf({ input }: Session['output'], options: Options, [ref, cur]: readonly [string | undefined, string | undefined]): Promise<DriftDocument> {
  const rule = ruleOf(options);
  if (options.counts !== undefined) {
    if (ref !== undefined) throw new LastmileError('LM_INVALID_REQUEST', 'Give either two files or --counts FILE.json.');
    return driftOfCounts(parseCounts(await readText(options.counts, input), options.counts), rule);
  }
  if (ref === undefined || cur === undefined) throw new LastmileError('LM_INVALID_REQUEST', 'Give two files to compare, lastmile drift REF.csv CUR.csv, or --counts FILE.json.');
  const edges = options.edges === undefined ? null : parseEdges(await readText(options.edges, input), options.edges);
  const old = await readColumns(openInput(ref, input), ref, options.columns ?? null);
  for (const name of edges?.keys() ?? []) if (!old.has(name)) throw new LastmileError('LM_INVALID_REQUEST', `${options.edges ?? ''} has edges for ${name}, which is not compared; compared are ${[...old.keys()].join(', ')}.`);
  const young = await readColumns(openInput(cur, input), cur, [...old.keys()]);
  const columns = [...old].flatMap(([name, sample]): readonly TwoSamples[] => { const now = young.get(name); return now === undefined ? [] : [{ name, ref: sample, cur: now, edges: edges?.get(name) ?? null }]; });
  return driftOf(columns, { bins: options.bins, categories: options.categories, rule });
}

function ruleOf({ least, falseAlarms, windows }: Options): DriftRule {
  if (!(least >= 0) || !(falseAlarms > 0)) throw new LastmileError('LM_INVALID_REQUEST', '--least is at least 0, and --false-alarms above 0.');
  return { least, falseAlarms, windows };
}
