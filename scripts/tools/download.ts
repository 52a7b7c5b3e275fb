import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { connect } from 'node:net';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LastmileError } from '../../domain/errors.ts';

/** A blocked host must cost seconds, not minutes. */
const PROBE_MS = 2_000;
const HEADERS_MS = 15_000;
/** A download that brings nothing for so long has failed. */
const STALL_MS = 20_000;

/** True when a TCP connection to the host of `url` stands within two seconds, name look-up included. */
export function reachable(url: string, withinMs = PROBE_MS): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) });
    const answer = (value: boolean): void => { clearTimeout(timer); socket.destroy(); resolve(value); };
    const timer = setTimeout(() => { answer(false); }, withinMs);
    socket.once('connect', () => { answer(true); });
    socket.once('error', () => { answer(false); });
  });
}

/** Small text over HTTP. */
export async function downloadText(url: string, accept: string): Promise<string> {
  const response = await request(url, accept, AbortSignal.timeout(HEADERS_MS));
  return response.text();
}

/** Streams `url` to `file`; reports bytes as they come. */
export async function downloadFile(url: string, file: string, onBytes: (bytes: number) => void): Promise<void> {
  const abort = new AbortController();
  let stall = setTimeout(() => { abort.abort(); }, STALL_MS);
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(stall);
      stall = setTimeout(() => { abort.abort(); }, STALL_MS);
      bytes += chunk.length;
      onBytes(bytes);
      done(null, chunk);
    },
  });
  try {
    const response = await request(url, '*/*', abort.signal);
    if (response.body === null) throw new LastmileError('LM_TOOL_UNAVAILABLE', `${url} answered without content.`);
    await pipeline(Readable.fromWeb(response.body), watch, createWriteStream(file));
  } finally { clearTimeout(stall); }
}

async function request(url: string, accept: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { headers: { accept, 'user-agent': 'lastmile-set-up' }, signal });
  if (!response.ok) throw new LastmileError('LM_TOOL_UNAVAILABLE', `${url} answered ${String(response.status)}.`);
  return response;
}

/** SHA-256 of a file, hexadecimal. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** SHA-256 of a text, hexadecimal. */
export function sha256OfText(text: string): string { return createHash('sha256').update(text).digest('hex'); }
