import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { badKeyIn } from './json-keys.ts';
import { HttpRefusal, invalidRequest } from './problem.ts';

/** No document of ours is nested deeper; what is deeper would only cost stack. */
const DEEPEST = 64;

export interface Body { readonly value: unknown; /** SHA-256 of the bytes. */ readonly digest: string }

export interface BodyLimits { readonly bytes: number; readonly ms: number }

/** Reads a JSON body within the limits; absent is {}. LM_INVALID_REQUEST with status 400, 408, 413 or 415. */
export async function readJson(request: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const bytes = await readBytes(request, limits);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length === 0) return { value: {}, digest };
  if (mediaType(request) !== 'application/json') throw new HttpRefusal(415, 'The body must be application/json.');
  if (nestedDeeperThan(bytes, DEEPEST)) throw invalidRequest(`The body is nested deeper than ${String(DEEPEST)} levels.`);
  return { value: parsed(bytes), digest };
}

function parsed(bytes: Buffer): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw invalidRequest('The body is not JSON in UTF-8.');
  }
  const bad = badKeyIn(text);
  if (bad !== null) throw invalidRequest(bad.why === 'twice' ? `The body has the key ${JSON.stringify(bad.key.slice(0, 100))} twice in one object.` : `The body has the key ${bad.key}, which no document of lastmile has.`);
  return value;
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
export function mediaType(request: IncomingMessage): string { return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''; }

/** A compressed body could unpack to any size: none is taken. */
export function refuseEncoded(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw new HttpRefusal(415, `Content-Encoding ${encoding.slice(0, 50)} is not taken; send the body as it is.`);
}

function readBytes(request: IncomingMessage, { bytes: limit, ms }: BodyLimits): Promise<Buffer> {
  const tooLarge = (): HttpRefusal => new HttpRefusal(413, `The body is larger than ${String(limit)} bytes.`);
  refuseEncoded(request);
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const late = setTimeout(() => { chunks.length = 0; reject(new HttpRefusal(408, `The body did not come within ${String(ms)} ms.`)); }, ms);
    late.unref();
    request.on('close', () => { clearTimeout(late); });
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) { chunks.length = 0; reject(tooLarge()); } else chunks.push(chunk);
    });
    request.on('end', () => { clearTimeout(late); resolve(Buffer.concat(chunks)); });
    request.on('error', () => { reject(invalidRequest('The connection broke while the body was read.')); });
  });
}

/** Counts brackets outside of strings: linear, without building anything. */
export function nestedDeeperThan(json: Uint8Array, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < json.length; i += 1) {
    const byte = json[i];
    if (inText) {
      if (byte === 0x5c) i += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) { depth += 1; if (depth > limit) return true; }
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

/** The value as the schema reads it. LM_INVALID_REQUEST with every problem and its path. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: 'body' | 'query'): z.output<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const problems = read.error.issues.slice(0, 50).map((issue) => ({ path: issue.path.map(String).join('.').slice(0, 200), problem: issue.message.slice(0, 500) }));
  const lines = problems.slice(0, 5).map(({ path, problem }) => `${path === '' ? what : path}: ${problem}`);
  throw invalidRequest(`The ${what} is not as documented: ${lines.join('; ')}.`, problems);
}
