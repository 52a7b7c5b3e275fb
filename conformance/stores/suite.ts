import { randomUUID } from 'node:crypto';

/** The promises of a port: title to check. A check gets a port that others may be using and throws when the promise is broken. */
export type Suite<Port> = Readonly<Record<string, (port: Port) => Promise<void>>>;

/** Names that no other check has, so that checks may share one database in any order. */
export interface Scope { readonly tenant: string; readonly other: string; readonly uid: string; readonly id: string }

export function newScope(): Scope {
  const id = randomUUID().replaceAll('-', '');
  return { tenant: `a-${id.slice(0, 12)}`, other: `b-${id.slice(0, 12)}`, uid: `dep_${id}`, id };
}

/** Polls until `wanted` is true; false after `limitMs`. */
export async function eventually(wanted: () => boolean | Promise<boolean>, limitMs = 8_000): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    if (await wanted()) return true;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return false;
}
