import type { Json } from '../canonical-json.ts';

/** Numbers that JSON cannot say, or would say otherwise: sums of nothing have infinite bounds, and a mean may be -0. */
const NUMBERS: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };
const KEY = '$number';

/** Any plain value as JSON that keeps every digit: `{"$number": "Infinity"}` for what JSON has no word for. Undefined members are left out. */
export function toPlain(value: unknown): Json {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : { [KEY]: Object.is(value, -0) ? '-0' : String(value) };
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(toPlain);
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined).map(([key, member]) => [key, toPlain(member)]));
}

/** The value as it was before toPlain. */
export function fromPlain(json: Json): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return (json as readonly Json[]).map(fromPlain);
  const members = Object.entries(json);
  const [only] = members;
  if (members.length === 1 && only?.[0] === KEY && typeof only[1] === 'string' && Object.hasOwn(NUMBERS, only[1])) return NUMBERS[only[1]];
  return Object.fromEntries(members.map(([key, member]) => [key, fromPlain(member ?? null)]));
}
