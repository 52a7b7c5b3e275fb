/** A path like `parameters.customer`, `inputs[0].data[2]` or `$.id`; null when it has another form. */
export function parseJsonPath(path: string): readonly (string | number)[] | null {
  const body = path.replace(/^\$\.?/, '');
  if (!/^[^.[\]]+(?:\.[^.[\]]+|\[\d+\])*$/.test(body)) return null;
  return [...body.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name = '', index]) => (index === undefined ? name : Number(index)));
}

/** What stands at the path; undefined when there is nothing. Own members only. */
export function valueAtPath(value: unknown, path: readonly (string | number)[]): unknown {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  return at;
}

/** The text of the string, number or boolean at the path; null when there is none. */
export function readJsonPath(value: unknown, path: readonly (string | number)[]): string | null {
  const at = valueAtPath(value, path);
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean' ? String(at) : null;
}
