import type { DeploymentSpec } from './deployment.ts';
import { renderDeployment } from './deployment-render.ts';

/** What changes between two normal forms, a line a field, in the file's own words; [] when nothing does. `before` null: a new deployment. */
export function planChanges(before: DeploymentSpec | null, after: DeploymentSpec): readonly string[] {
  if (before === null) return [`new deployment ${after.metadata.name}, trying ${after.spec.model}`];
  const old = flatten(renderDeployment(before), '');
  const now = flatten(renderDeployment(after), '');
  return [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path)).map((path) => line(path, old.get(path), now.get(path)));
}

function line(path: string, before: string | undefined, after: string | undefined): string {
  if (before === undefined) return `${path}: ${after ?? ''} (new)`;
  return after === undefined ? `${path}: ${before} (removed)` : `${path}: ${before} -> ${after}`;
}

function flatten(value: unknown, path: string): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, String(value)]]);
  const members = Array.isArray(value) ? value.map((item, i) => [`${path}[${nameOf(item) ?? String(i)}]`, item] as const) : Object.entries(value).map(([key, item]) => [path === '' ? key : `${path}.${key}`, item] as const);
  return new Map(members.flatMap(([at, item]) => [...flatten(item, at)]));
}

/** Metrics are told apart by their names, not by their places. */
function nameOf(item: unknown): string | null {
  return typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string' ? item.name : null;
}
