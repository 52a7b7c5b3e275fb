import { randomUUIDv7 } from 'node:crypto';
import { prefixedId, type IdPrefix } from '../domain/ids.ts';

/** A new id from the clock and the system's randomness: `inf_0193…`. */
export function newId(prefix: IdPrefix): string { return prefixedId(prefix, randomUUIDv7()); }
