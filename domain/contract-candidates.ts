import type { Task } from './contract.ts';
import { columnsOf, kindOf } from './output-columns.ts';
import type { TensorMetadata } from './tensor.ts';

interface Candidate { readonly task: Task; readonly line: string }

/** The lines of a deployment file that would each settle what a model's outputs mean; `task` keeps those of one task. */
export function candidateLines(outputs: readonly TensorMetadata[], task: Task | null): readonly string[] {
  const found = outputs.flatMap(candidatesOf);
  const all = found.length === 0 ? TEMPLATES : found;
  const kept = all.filter((candidate) => task === null || candidate.task === task);
  return (kept.length === 0 ? TEMPLATES.filter((candidate) => candidate.task === task) : kept).map(({ line }) => line);
}

/** For a server that lists no outputs. */
const TEMPLATES: readonly Candidate[] = [
  { task: 'binary', line: 'contract: {task: binary, score: "OUTPUT[1]"}' },
  { task: 'multiclass', line: 'contract: {task: multiclass, class: "OUTPUT"}' },
  { task: 'regression', line: 'contract: {task: regression, score: "OUTPUT"}' },
];

function candidatesOf(output: TensorMetadata): readonly Candidate[] {
  const columns = columnsOf(output);
  if (columns === null) return [];
  if (kindOf(output.datatype) === 'real') return realCandidates(output.name, columns);
  if (columns !== 1) return [];
  const classes = kindOf(output.datatype) === 'text' ? ', classes: [OTHER, POSITIVE], positive: POSITIVE' : '';
  return [
    { task: 'binary', line: `contract: {task: binary, class: "${output.name}"${classes}}` },
    { task: 'multiclass', line: `contract: {task: multiclass, class: "${output.name}"}` },
  ];
}

function realCandidates(name: string, columns: number): readonly Candidate[] {
  if (columns === 1) return [{ task: 'binary', line: `contract: {task: binary, score: "${name}"}` }, { task: 'regression', line: `contract: {task: regression, score: "${name}"}` }];
  const binary = Array.from({ length: columns === -1 ? 2 : Math.min(columns, 10) }, (_, column): Candidate => ({ task: 'binary', line: `contract: {task: binary, score: "${name}[${String(column)}]"}` }));
  const regression = Array.from({ length: columns === -1 ? 1 : Math.min(columns, 10) }, (_, column): Candidate => ({ task: 'regression', line: `contract: {task: regression, score: "${name}[${String(column)}]"}` }));
  return [...binary.reverse(), { task: 'multiclass', line: `contract: {task: multiclass, class: "${name}"}` }, ...regression];
}
