import fc from 'fast-check';
import { z } from 'zod';
import { ROUTES, type ApiRoute, type RouteName } from '../../api/contract.ts';
import { smallFile } from './api-world.ts';

/** Calls of every route, made from the contract alone: a new route is covered without a line here. */

export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[];
export const routeOf = (name: RouteName): ApiRoute => ROUTES[name];
export const WITH_BODY = ROUTE_NAMES.filter((name) => routeOf(name).body !== undefined);

/** What stands in a path: {name} of a deployment, {n} of its rollout, and {id} by what is before it (`kills`, `keys`, `gateways`). */
export interface PathValues { readonly name: string; readonly n: string; readonly inferenceId: string; readonly ids: Readonly<Record<string, string>> }

/** A parameter that is new here has to be given a value that exists, or the test of it would only see what does not. */
export function pathOf(name: RouteName, values: PathValues): string {
  return routeOf(name).path.replace(/(\w+)\/\{(\w+)\}/g, (_all, before: string, parameter: string) => {
    const value = parameter === 'id' ? values.ids[before] : { name: values.name, n: values.n, inferenceId: values.inferenceId }[parameter];
    if (value === undefined) throw new Error(`test/support/every-route.ts has no value for ${before}/{${parameter}}`);
    return `${before}/${encodeURIComponent(value)}`;
  });
}

interface Shape { readonly type?: string; readonly properties?: Readonly<Record<string, Shape>>; readonly items?: Shape; readonly anyOf?: readonly Shape[]; readonly oneOf?: readonly Shape[]; readonly enum?: readonly unknown[]; readonly const?: unknown; readonly pattern?: string; readonly minLength?: number; readonly minimum?: number }

/** A body that the route takes, with every field set, made from its schema; fields that mean more than their schema says have their example here. */
export function bodyOf(name: RouteName, deployment = 'churn'): Record<string, unknown> | undefined {
  const { body } = routeOf(name);
  if (body === undefined) return undefined;
  const meant: Readonly<Record<string, unknown>> = { spec: smallFile(deployment), model: 'filesystem:churn@8' };
  const example = exampleOf(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as Shape) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(example).map(([field, value]) => [field, meant[field] ?? value]));
}

function exampleOf(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices !== undefined) return exampleOf(choices.find(({ type }) => type !== 'null') ?? {});
  return EXAMPLES[shape.type ?? 'any']?.(shape) ?? 'x';
}

const EXAMPLES: Readonly<Record<string, (shape: Shape) => unknown>> = {
  object: ({ properties = {} }) => Object.fromEntries(Object.entries(properties).map(([key, of]) => [key, exampleOf(of)])),
  array: ({ items = {} }) => [exampleOf(items)],
  string: ({ pattern, minLength = 0 }) => pattern === undefined ? 'because'.padEnd(minLength, '.') : fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 1, seed: 1 })[0],
  // Unbounded integers are times, which must lie ahead.
  integer: numberOf, number: numberOf,
  boolean: () => false,
};

function numberOf({ minimum = 1 }: Shape): number { return minimum < 0 ? Date.UTC(2100, 0, 1) : Math.max(1, minimum); }

/** Names of the query's fields. */
export function queryFields(name: RouteName): readonly string[] {
  const { query } = routeOf(name);
  return query === undefined ? [] : Object.keys((query as z.ZodObject).shape);
}

/** Where a value of a JSON document is, from the root; `kind` says what is there. */
export interface Place { readonly path: readonly (string | number)[]; readonly kind: 'text' | 'object' | 'other' }
export function placesIn(value: unknown, path: readonly (string | number)[] = []): readonly Place[] {
  if (typeof value === 'string') return [{ path, kind: 'text' }];
  if (typeof value !== 'object' || value === null) return [{ path, kind: 'other' }];
  const inside = Object.entries(value).flatMap(([key, each]) => placesIn(each, [...path, Array.isArray(value) ? Number(key) : key]));
  return Array.isArray(value) ? inside : [{ path, kind: 'object' }, ...inside];
}

/** A copy with another value at the place. */
export function withAt(document: unknown, path: readonly (string | number)[], change: (there: unknown) => unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return change(document);
  const copy = structuredClone(document) as Record<string | number, unknown>;
  copy[first] = withAt(copy[first], rest, change);
  return copy;
}
