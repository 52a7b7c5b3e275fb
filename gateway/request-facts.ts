import type { IncomingHttpHeaders } from 'node:http';
import { LastmileError } from '../domain/errors.ts';
import { parseJsonPath, readJsonPath } from '../domain/json-path.ts';
import type { TableRoute } from '../domain/traffic/table.ts';

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;
const ALIAS = /^[\x21-\x7e]{1,200}$/;

/** Business time of the request from x-lastmile-event-time: UTC ms as an integer, or RFC 3339; null without it. */
export function eventTime(headers: IncomingHttpHeaders): number | null {
  const text = one(headers['x-lastmile-event-time']);
  if (text === null) return null;
  const ms = /^-?\d{1,15}$/.test(text) ? Number(text) : RFC3339.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new LastmileError('LM_INVALID_REQUEST', 'x-lastmile-event-time must be UTC milliseconds or an RFC 3339 time, for example 2026-03-01T12:00:00Z.');
  return ms;
}

/** The client's own id of the request, from x-inference-id. The body is not read for it. */
export function clientAlias(headers: IncomingHttpHeaders): string | null {
  const text = one(headers['x-inference-id']);
  if (text !== null && !ALIAS.test(text)) throw new LastmileError('LM_INVALID_REQUEST', 'x-inference-id must be 1 to 200 printable characters without spaces.');
  return text;
}

/** The routing key of the request: header first, then the JSON path, for which alone the body is parsed. Null: the inference id is the key. */
export function stickyKey(route: Pick<TableRoute, 'stickyHeader' | 'stickyJsonPath'>, headers: IncomingHttpHeaders, body: Buffer): string | null {
  const header = route.stickyHeader === null ? null : one(headers[route.stickyHeader.toLowerCase()]);
  if (header !== null && header !== '') return header;
  const path = route.stickyJsonPath === null ? null : parseJsonPath(route.stickyJsonPath);
  if (path === null || !isPlainJson(headers)) return null;
  try { return readJsonPath(JSON.parse(body.toString()), path); } catch { return null; }
}

/** Not compressed and without the binary tensor extension. */
export function isPlainJson(headers: IncomingHttpHeaders): boolean {
  return headers['content-encoding'] === undefined && headers['inference-header-content-length'] === undefined;
}

/** Cheap first look, without parsing: a plain OIP request is a JSON object. What is inside is the model server's to judge. */
export function checkBody(headers: IncomingHttpHeaders, body: Buffer): void {
  const first = isPlainJson(headers) ? body.subarray(0, 64).toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '').trimStart() : '{';
  if (body.length === 0 || !(first === '' || first.startsWith('{'))) throw new LastmileError('LM_INVALID_REQUEST', 'The body must be a JSON object {"inputs": [{name, shape, datatype, data}, …]} (Open Inference Protocol v2).');
}

/** Hop-by-hop fields (RFC 9110 7.6.1), what undici sets itself, credentials of callers, and our own. */
const NOT_FORWARDED = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'proxy-connection',
  'host', 'content-length', 'expect', 'accept-encoding', 'authorization', 'cookie',
]);

/** What a model server gets of the caller's headers. Compressed answers are not asked for: they could not be scored. */
export function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const named = new Set((one(headers.connection) ?? '').toLowerCase().split(',').map((name) => name.trim()));
  const out: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || NOT_FORWARDED.has(name) || named.has(name) || name.startsWith('x-lastmile-')) continue;
    out[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return out;
}

/** Headers of an answer that go to the caller as they are. */
export function passedHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_FORWARDED.has(name) && !name.startsWith('x-lastmile-')) out[name] = value;
  }
  return out;
}

function one(value: string | string[] | undefined): string | null { return (typeof value === 'string' ? value : value?.[0])?.trim() ?? null; }
