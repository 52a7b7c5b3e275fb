import { z } from 'zod';
import { withDefaults } from './deployment-defaults.ts';
import { DeploymentFileSchema } from './deployment-file.schema.ts';
import { specProblems, type SpecProblem } from './deployment-rules.ts';
import type { DeploymentSpec } from './deployment.ts';
import { LastmileError } from './errors.ts';

export type { DeploymentFile } from './deployment-file.schema.ts';

/**
 * A deployment file (already read from YAML or JSON) to its normal form, every default filled in.
 * LM_INVALID_SPEC carries every problem at once: details.problems = [{path, problem}].
 */
export function parseDeployment(input: unknown): DeploymentSpec {
  const read = DeploymentFileSchema.safeParse(input);
  if (!read.success) throw invalidSpec(read.error.issues.flatMap((issue) => problemsOf(issue, [], input)));
  const spec = withDefaults(read.data);
  const problems = specProblems(spec);
  if (problems.length > 0) throw invalidSpec(problems);
  return spec;
}

/** The JSON Schema (draft 7) of the file, for editors; made from the same schema that parses. */
export function deploymentJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(DeploymentFileSchema, { io: 'input', target: 'draft-7' }), $id: 'https://lastmile.dev/schemas/v1alpha1.json', title: 'lastmile ModelDeployment, v1alpha1' };
}

function invalidSpec(problems: readonly SpecProblem[]): LastmileError {
  const shown = problems.slice(0, 100);
  const lines = shown.map(({ path, problem }) => `  ${path === '' ? 'the file' : path} ${problem}`);
  return new LastmileError('LM_INVALID_SPEC', `The deployment file has ${problems.length === 1 ? 'one problem' : `${String(problems.length)} problems`}:\n${lines.join('\n')}`, { details: { problems: shown } });
}

/** Unknown keys: one problem a key. A choice of shapes: the problems of the shape that comes closest. */
function problemsOf(issue: z.core.$ZodIssue, before: readonly PropertyKey[], input: unknown): readonly SpecProblem[] {
  const at = [...before, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.map((key, i) => ({ path: pathText([...at, key.slice(0, 100)]), problem: lines[i] ?? 'is not known here' }));
  }
  const closest = issue.code === 'invalid_union' && isObject(valueAt(input, at)) ? closestBranch(issue.errors) : null;
  if (closest !== null) return closest.flatMap((inner) => problemsOf(inner, at, input));
  return [{ path: pathText(at), problem: wording(issue, valueAt(input, at)) }];
}

function closestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null {
  // A branch that wanted no object at all is never what was meant.
  const alike = branches.filter((issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
  return [...(alike.length > 0 ? alike : branches)].sort((a, b) => weight(a) - weight(b))[0] ?? null;
}
function weight(issues: readonly z.core.$ZodIssue[]): number { return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0); }

function wording(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value')) return 'is missing';
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) return `must be ${article(issue.expected)}, not ${kindOf(value)}`;
  if (issue.code === 'invalid_value' && issue.values.length > 1) return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small' || issue.code === 'too_big') return issue.message.replace(/^Too (small|big): expected \w+/, 'must').replace('to have', 'have').replace('to be', 'be').replace(/^must >/, 'must be >').replace(/^must </, 'must be <');
  return issue.message;
}

function article(expected: string): string { return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`; }
function kindOf(value: unknown): string { return value === null ? 'empty' : Array.isArray(value) ? 'a list' : article(typeof value); }
function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> { return typeof value === 'object' && value !== null; }

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined, input);
}

/** `spec.rollout.canary[0].share`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => typeof key === 'number' ? `${text}[${String(key)}]` : text === '' ? String(key) : `${text}.${String(key)}`, '');
}
