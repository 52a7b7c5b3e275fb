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
      rows.set(key, structuredClone(value));
      return true;
    },
    set(key, value) { rows.set(key, structuredClone(value)); },
    get(key) {
      const found = rows.get(key);
      return found === undefined ? null : structuredClone(found);
    },
    delete: (key) => rows.delete(key),
    filter: (wanted) => [...rows.values()].filter(wanted).map((row) => structuredClone(row)),
  };
}

/** One text from the parts of a key, whatever characters they hold. */
export function keyOf(...parts: readonly (string | number)[]): string { return JSON.stringify(parts); }
