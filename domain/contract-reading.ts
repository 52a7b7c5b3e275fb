import { parseAnswerJson } from './answer-json.ts';
import type { Contract, OffContract, OutputColumn, Prediction, Reading } from './contract.ts';
import type { Label } from './record.ts';
import { readTensor, type TensorFault, type TensorRows } from './tensor-reading.ts';

type Fault = Extract<Reading, { ok: false }>;
type Value = number | string | boolean;
type Tables = ReadonlyMap<string, TensorRows>;

/**
 * What the contract sees in an answer: one prediction per row, or why it is off contract. Any text is taken; nothing is thrown.
 * Every output that the contract names is checked whole where the answer has it; those that it reads must be there.
 */
export function readAnswer(contract: Contract, response: string): Reading {
  const answer = parseAnswerJson(response);
  if (!isRecord(answer)) return fault('unparsable', answer === undefined ? 'the answer is not JSON' : 'the answer is not an object');
  const tables = readTables(contract, answer.outputs);
  if ('ok' in tables) return tables;
  const read = [contract.score, contract.klass].filter((column) => column !== null);
  for (const { output } of read) {
    if (!tables.has(output) && !isOptional(contract, output)) return fault('missing-output', `the answer has no output ${output}`);
  }
  const rows = [...tables.values()][0]?.rows ?? 0;
  const uneven = read.find(({ output }) => (tables.get(output)?.rows ?? rows) !== rows);
  if (uneven !== undefined) return fault('wrong-shape', `output ${uneven.output} has another number of rows than the others`);
  return predict(contract, tables, rows);
}

/**
 * A true outcome in the contract's own terms: 1 or 0 for binary, the class for multiclass, the number for regression.
 * Null when it is none of these: such a label scores nothing. 1, "1" and true are one class.
 */
export function labelValue(contract: Contract, value: Label['value']): number | string | null {
  if (contract.task === 'regression') return numberOf(value);
  const known = classOf(contract, value);
  if (contract.task === 'multiclass' || known === null) return known;
  return sameClass(known, contract.positive ?? 1) ? 1 : 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> { return typeof value === 'object' && value !== null && !Array.isArray(value); }
function fault(reason: OffContract, detail: string): Fault { return { ok: false, reason, detail }; }

/** In a binary answer the class follows from the score, so a request may leave the class out. */
function isOptional(contract: Contract, output: string): boolean {
  return contract.task === 'binary' && contract.score !== null && contract.score.output !== output;
}

function readTables(contract: Contract, outputs: unknown): Tables | TensorFault {
  if (!Array.isArray(outputs)) return fault('missing-output', 'the answer has no list of outputs');
  const wanted = new Set([...contract.outputs.map(({ name }) => name), ...[contract.score, contract.klass].flatMap((column) => (column === null ? [] : [column.output]))]);
  const tables = new Map<string, TensorRows>();
  for (const tensor of outputs) {
    if (!isRecord(tensor) || typeof tensor.name !== 'string') return fault('unparsable', 'an output is no tensor with a name');
    if (!wanted.has(tensor.name)) continue;
    if (tables.has(tensor.name)) return fault('wrong-shape', `output ${tensor.name} comes twice`);
    const { name } = tensor;
    const table = readTensor(tensor, contract.outputs.find((output) => output.name === name));
    if (!table.ok) return table;
    tables.set(name, table);
  }
  return tables;
}

function predict(contract: Contract, tables: Tables, rows: number): Reading {
  const predictions: Prediction[] = [];
  for (let row = 0; row < rows; row += 1) {
    const score = contract.score === null ? null : scoreAt(contract, tables, row);
    if (typeof score === 'object' && score !== null) return score;
    const klass = contract.klass === null || !tables.has(contract.klass.output) ? null : classAt(contract, tables, row);
    if (typeof klass === 'object' && klass !== null) return klass;
    predictions.push({ row, score, klass: decided(contract, score, klass) });
  }
  return rows === 0 ? fault('wrong-shape', 'the answer has no rows') : { ok: true, predictions };
}

function decided({ task, threshold, positive }: Contract, score: number | null, klass: string | number | null): string | number | null {
  if (task === 'regression') return null;
  if (task === 'multiclass') return klass;
  if (score !== null) return score >= threshold ? 1 : 0;
  return klass === null ? null : Number(sameClass(klass, positive ?? 1));
}

/** FP32 arithmetic may leave the range by a few units in the last place: within this share of its width a score is moved to the bound. */
const ROUNDING = 1e-6;

function scoreAt(contract: Contract, tables: Tables, row: number): number | Fault | null {
  const value = cell(contract.score, tables, row);
  if (value === null || typeof value === 'object') return value;
  if (typeof value !== 'number') return fault('wrong-type', `row ${row} has the score ${JSON.stringify(value)}`);
  const { range } = contract;
  if (range === null) return value;
  const slack = ROUNDING * (range.max - range.min);
  if (value < range.min - slack || value > range.max + slack) return fault('out-of-range', `row ${row} has the score ${value}, outside [${range.min}, ${range.max}]`);
  return Math.min(range.max, Math.max(range.min, value));
}

function classAt(contract: Contract, tables: Tables, row: number): string | number | Fault | null {
  const { klass, classes } = contract;
  const table = klass?.column === null ? tables.get(klass.output) : undefined;
  if (table !== undefined && table.columns > 1) return classByIndex(classes, highest(table, row), row);
  const value = cell(klass, tables, row);
  if (value === null || typeof value === 'object') return value;
  if (classes !== null && typeof value === 'number' && classes.every((one) => typeof one === 'string')) return classByIndex(classes, value, row);
  return classOf(contract, value) ?? unknownClass(value, classes, row);
}

/** A number where the classes are texts, and the highest of several columns, are the class's place in the list. */
function classByIndex(classes: readonly (string | number)[] | null, index: number, row: number): string | number | Fault {
  return classes === null ? index : classes[index] ?? unknownClass(index, classes, row);
}

function unknownClass(value: Value, classes: readonly (string | number)[] | null, row: number): Fault {
  return fault('unknown-class', `row ${row} has the class ${JSON.stringify(value)}; the contract knows ${classes?.join(', ') ?? 'numbers and texts'}`);
}

/** The column of the highest value: the class's place among the classes. */
function highest({ columns, values }: TensorRows, row: number): number {
  let best = 0;
  for (let column = 1; column < columns; column += 1) {
    if ((values[row * columns + column] ?? 0) > (values[row * columns + best] ?? 0)) best = column;
  }
  return best;
}

function cell(of: OutputColumn | null, tables: Tables, row: number): Value | Fault | null {
  const table = of === null ? undefined : tables.get(of.output);
  if (of === null || table === undefined) return null;
  if (of.column === null ? table.columns !== 1 : of.column >= table.columns) return fault('wrong-shape', `output ${of.output} has ${table.columns} columns${of.column === null ? ', the contract reads one' : `, the contract reads column ${of.column}`}`);
  return table.values[row * table.columns + (of.column ?? 0)] ?? null;
}

/** The contract's own spelling of a class; any number or text where the classes are not listed. */
function classOf({ classes }: Contract, value: Value): string | number | null {
  if (classes !== null) return classes.find((one) => sameClass(one, value)) ?? null;
  if (typeof value === 'boolean') return Number(value);
  return value === '' || (typeof value === 'number' && !Number.isFinite(value)) ? null : value;
}

function sameClass(known: string | number, value: Value): boolean {
  if (typeof value === 'boolean') return typeof known === 'number' ? known === Number(value) : known.toLowerCase() === String(value);
  return known === value || String(known) === String(value);
}

function numberOf(value: Value): number | null {
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}
