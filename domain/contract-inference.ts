import { candidateLines } from './contract-candidates.ts';
import { requestProblems } from './contract-fit.ts';
import type { Contract, ContractOverrides, OutputColumn, Task } from './contract.ts';
import { LastmileError } from './errors.ts';
import { columnsOf, describeTensor, formatColumn, kindOf } from './output-columns.ts';
import type { ModelMetadata, TensorMetadata } from './tensor.ts';

export { contractProblems } from './contract-fit.ts';

/** Outputs that can be read row by row, by what they can mean. */
interface Outputs { readonly all: readonly TensorMetadata[]; readonly scores: readonly TensorMetadata[]; readonly labels: readonly TensorMetadata[] }

/**
 * The contract of a first version: what the file says, and for the rest what the graph's or server's metadata leaves no doubt about.
 * A label beside two probabilities is binary with the score in column 1; beside more it is multiclass; one column of real numbers may
 * be a probability or a value, which only a payoff per class decides. LM_INVALID_SPEC lists every problem and, for a fact that cannot
 * be inferred, the lines of which one must be written.
 */
export function inferContract(metadata: ModelMetadata, overrides: ContractOverrides, hints: { readonly classPayoff: boolean }): Contract {
  const outputs = sortOutputs(metadata.outputs);
  const task = overrides.task ?? inferTask(outputs, overrides, hints);
  if (task === null) throw undecided(metadata);
  const problems: string[] = [];
  const read = READERS[task](outputs, overrides, problems);
  const contract: Contract = {
    ...read, task, inputs: metadata.inputs, outputs: metadata.outputs,
    threshold: overrides.threshold ?? 0.5, range: overrides.range ?? (task === 'binary' && read.score !== null ? { min: 0, max: 1 } : null),
    golden: overrides.golden, latencyLimitMs: overrides.latencyLimitMs,
  };
  problems.push(...columnProblems(contract), ...valueProblems(contract), ...goldenProblems(contract));
  if (problems.length > 0) throw new LastmileError('LM_INVALID_SPEC', `The contract of ${metadata.name} has ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join('\n')}`, { details: { problems } });
  return contract;
}

function sortOutputs(all: readonly TensorMetadata[]): Outputs {
  const rows = all.filter((output) => columnsOf(output) !== null);
  return { all, scores: rows.filter(({ datatype }) => kindOf(datatype) === 'real'), labels: rows.filter((output) => kindOf(output.datatype) !== 'real' && columnsOf(output) === 1) };
}

/** Null when more than one task fits. */
function inferTask({ scores, labels }: Outputs, overrides: ContractOverrides, { classPayoff }: { classPayoff: boolean }): Task | null {
  if (overrides.classes !== undefined) return overrides.classes.length > 2 ? 'multiclass' : 'binary';
  if (overrides.positive !== undefined || classPayoff) return 'binary';
  const [score, ...moreScores] = scores;
  if (score === undefined || moreScores.length > 0 || labels.length !== 1) return null;
  const columns = columnsOf(score) ?? 0;
  if (columns === 2) return 'binary';
  return columns > 2 ? 'multiclass' : null;
}

type Read = Pick<Contract, 'score' | 'klass' | 'classes' | 'positive'>;
type Reader = (outputs: Outputs, overrides: ContractOverrides, problems: string[]) => Read;
const READERS: Readonly<Record<Task, Reader>> = { binary: readBinary, multiclass: readMulticlass, regression: readRegression };

function readBinary(outputs: Outputs, overrides: ContractOverrides, problems: string[]): Read {
  const klass = overrides.klass ?? only(outputs.labels);
  const classes = binaryClasses(outputs, klass, overrides);
  const positive = overrides.positive ?? (classes === null ? null : positiveOf(classes));
  problems.push(...classProblems(classes, positive, klass));
  const column = classes === null || positive === null ? 1 : Math.max(0, classes.indexOf(positive));
  const score = overrides.score ?? binaryScore(outputs, column, problems);
  if (score === null && klass === null) problems.push(`no output holds a probability or a class; ${write(outputs, 'binary')}`);
  return { score, klass, classes, positive };
}

type Classes = readonly (string | number)[];

function classProblems(classes: Classes | null, positive: string | number | null, klass: OutputColumn | null): string[] {
  const known = String(positive ?? 'POSITIVE');
  if (classes === null) return [`contract.classes is not known${klass === null ? '' : `, as ${klass.output} holds texts`}; write contract: {classes: [OTHER, ${known}], positive: ${known}}, in the order of the score's columns`];
  if (positive === null) return [`contract.positive is not known; write one of\n${classes.map((one) => `    contract: {positive: ${String(one)}}`).join('\n')}`];
  return classes.includes(positive) && classes.length === 2 ? [] : [`contract.classes [${classes.join(', ')}] must be two classes, one of them contract.positive ${known}`];
}

/** Zero and one, unless the file says otherwise or the classes are texts, which say nothing of themselves. */
function binaryClasses({ all }: Outputs, klass: OutputColumn | null, overrides: ContractOverrides): Classes | null {
  if (overrides.classes !== undefined) return overrides.classes;
  const datatype = all.find(({ name }) => name === klass?.output)?.datatype;
  const zeroOne = overrides.positive === undefined || overrides.positive === 0 || overrides.positive === 1;
  return zeroOne && (datatype === undefined || kindOf(datatype) !== 'text') ? [0, 1] : null;
}

function positiveOf(classes: Classes): number | null { return classes.length === 2 && classes.includes(0) && classes.includes(1) ? 1 : null; }

function binaryScore(outputs: Outputs, column: number, problems: string[]): OutputColumn | null {
  const [score, ...more] = outputs.scores;
  if (score === undefined) return null;
  const columns = columnsOf(score) ?? 0;
  if (more.length === 0 && columns === 1) return { output: score.name, column: null };
  if (more.length === 0 && (columns === 2 || columns === -1)) return { output: score.name, column };
  problems.push(`contract.score is not known; ${write(outputs, 'binary')}`);
  return null;
}

function readMulticlass(outputs: Outputs, overrides: ContractOverrides, problems: string[]): Read {
  const klass = overrides.klass ?? only(outputs.labels) ?? only(outputs.scores.filter((output) => columnsOf(output) !== 1));
  if (klass === null) problems.push(`contract.class is not known; ${write(outputs, 'multiclass')}`);
  return { score: overrides.score ?? null, klass, classes: overrides.classes ?? null, positive: null };
}

function readRegression(outputs: Outputs, overrides: ContractOverrides, problems: string[]): Read {
  const score = overrides.score ?? only(outputs.scores.filter((output) => columnsOf(output) === 1)) ?? only(outputs.labels.filter(({ datatype }) => kindOf(datatype) === 'integer'));
  if (score === null) problems.push(`contract.score is not known; ${write(outputs, 'regression')}`);
  return { score, klass: null, classes: null, positive: null };
}

function only(outputs: readonly TensorMetadata[]): OutputColumn | null {
  const [first, ...more] = outputs;
  return first === undefined || more.length > 0 ? null : { output: first.name, column: null };
}

function columnProblems({ score, klass, outputs }: Contract): string[] {
  return [...columnProblem('contract.score', score, outputs, true), ...columnProblem('contract.class', klass, outputs, false)];
}

/** A server that lists no outputs is taken by the file's word; the golden requests then check it. */
function columnProblem(path: string, of: OutputColumn | null, outputs: readonly TensorMetadata[], oneColumn: boolean): string[] {
  if (of === null || outputs.length === 0) return [];
  const output = outputs.find(({ name }) => name === of.output);
  if (output === undefined) return [`${path} names the output ${of.output}; the model has ${outputs.map(describeTensor).join(', ')}`];
  return shapeProblem(path, of, output) ?? (oneColumn ? scoreProblem(path, of, output) : null) ?? [];
}

function shapeProblem(path: string, of: OutputColumn, output: TensorMetadata): string[] | null {
  const columns = columnsOf(output);
  if (columns === null) return [`${path} names ${describeTensor(output)}, which has no rows and columns`];
  return of.column !== null && columns >= 0 && of.column >= columns ? [`${path} ${formatColumn(of)} is beyond ${describeTensor(output)}`] : null;
}

function scoreProblem(path: string, of: OutputColumn, output: TensorMetadata): string[] | null {
  const columns = columnsOf(output) ?? 1;
  if (of.column === null && columns > 1) return [`${path} ${of.output} has ${columns} columns; write "${of.output}[0]" to "${of.output}[${columns - 1}]"`];
  return ['text', 'boolean'].includes(kindOf(output.datatype)) ? [`${path} names ${describeTensor(output)}, which holds no numbers`] : null;
}

function valueProblems({ task, threshold, range, score }: Contract): string[] {
  if (range !== null && !(range.min < range.max)) return [`contract.range [${range.min}, ${range.max}] is empty`];
  if (task !== 'binary' || score === null || range === null) return [];
  return threshold >= range.min && threshold <= range.max ? [] : [`contract.threshold ${threshold} is outside contract.range [${range.min}, ${range.max}]: every answer would be of one class`];
}

function goldenProblems({ golden, inputs, outputs }: Contract): string[] {
  if (inputs.length === 0 && golden.length === 0) return ['the server does not list its inputs, so nothing could be sent to check it; write at least one request under contract.golden'];
  return golden.flatMap(({ request, expect }, i) => [
    ...requestProblems(request, inputs),
    ...(outputs.length === 0 ? [] : Object.keys(expect ?? {}).filter((name) => !outputs.some((output) => output.name === name)).map((name) => `it expects the output ${name}; the model has ${outputs.map(describeTensor).join(', ')}`)),
  ].map((problem) => `contract.golden[${i}]: ${problem}`));
}

function write(outputs: Outputs, task: Task | null): string {
  return `write one of these lines under spec:\n${candidateLines(outputs.all, task).map((line) => `    ${line}`).join('\n')}`;
}

function undecided(metadata: ModelMetadata): LastmileError {
  const candidates = candidateLines(metadata.outputs, null);
  const said = metadata.outputs.length === 0 ? 'its server lists no outputs' : `its outputs are ${metadata.outputs.map(describeTensor).join(', ')}`;
  return new LastmileError('LM_INVALID_SPEC', `The contract of ${metadata.name} cannot be inferred: ${said}. Write one of these lines under spec:\n${candidates.map((line) => `  ${line}`).join('\n')}`, { details: { candidates } });
}
