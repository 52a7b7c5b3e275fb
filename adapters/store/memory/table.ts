/** Values by key, copied on the way in and out: a caller's object and the stored one never are the same. */
export interface Table<T> {
  /** False when the key is taken; then nothing changes. */
  insert(key: string, value: T): boolean;
  set(key: string, value: T): void;
  get(key: string): T | null;
  delete(key: string): boolean;
  /** In the order of insertion. */
  filter(wanted: (value: T) => boolean): T[];
}

export function createTable<T>(): Table<T> {
  const rows = new Map<string, T>();
  return {
    insert(key, value) {
      if (rows.has(key)) return false;
      rows.set(key, copy(value));
      return true;
    },
    set(key, value) { rows.set(key, copy(value)); },
    get(key) {
      const found = rows.get(key);
      return found === undefined ? null : copy(found);
    },
    delete: (key) => rows.delete(key),
    filter: (wanted) => [...rows.values()].filter(wanted).map((row) => copy(row)),
  };
}

/** One text from the parts of a key, whatever characters they hold. */
export function keyOf(...parts: readonly (string | number)[]): string { return JSON.stringify(parts); }

/** Plain data all the way down. Not structuredClone, whose objects are of another realm where tests run. */
function copy<V>(value: V): V {
  if (Array.isArray(value)) return value.map(copy) as V;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined).map(([key, member]: [string, unknown]) => [key, copy(member)])) as V;
}
