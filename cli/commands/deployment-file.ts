import { existsSync, readFileSync } from 'node:fs';
import { stringify, parseDocument } from 'yaml';
import { renderDeployment } from '../../domain/deployment-render.ts';
import type { DeploymentSpec } from '../../domain/deployment.ts';
import { LastmileError } from '../../domain/errors.ts';

export interface ReadDeployment { readonly name: string; readonly spec: Record<string, unknown> }

/** A deployment file (YAML or JSON) as written; its shape is checked by the API. Throws LM_INVALID_SPEC. */
export function readDeployment(file: string): ReadDeployment {
  if (!existsSync(file)) throw new LastmileError('LM_INVALID_SPEC', `There is no file ${file}. \`lastmile init\` writes one.`);
  const document = parseDocument(readFileSync(file, 'utf8'), { uniqueKeys: true });
  const problem = document.errors[0];
  if (problem !== undefined) throw new LastmileError('LM_INVALID_SPEC', `${file} cannot be read: ${problem.message}`);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const name = isRecord(value) && isRecord(value.metadata) ? value.metadata.name : undefined;
  if (!isRecord(value) || typeof name !== 'string') throw new LastmileError('LM_INVALID_SPEC', `${file} has no metadata.name; \`lastmile init\` writes a file that has.`);
  return { name, spec: value };
}

/** The smallest file for a model, with what most people add next as comments. */
export function smallestFile(name: string, model: string): string {
  return `# yaml-language-server: $schema=https://lastmile.dev/schemas/v1alpha1.json
apiVersion: lastmile.dev/v1alpha1
kind: ModelDeployment
metadata: {name: ${name}}
spec:
  model: ${model}          # the version to try: REGISTRY:NAME@VERSION
  # labels: {delay: 1d}                 # outcomes come this much later; then the goal is "better"
  # value: {currency: EUR, payoff: {tp: 10, fp: -2, tn: 0, fn: 0}, costPerRequest: 0.001}
  # segments: {jsonPath: $.parameters.region, values: [eu, us]}   # parts of the traffic that are judged by themselves
  # drift: {}                           # watch the traffic of the champion for change
# \`lastmile plan FILE\` prints every default; \`lastmile apply FILE\` makes it so.
`;
}

/** The normal form with human units. */
export function normalForm(spec: DeploymentSpec): string { return stringify(renderDeployment(spec), { lineWidth: 120 }); }

function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value); }
