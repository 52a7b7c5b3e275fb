import { request as http, type IncomingMessage } from 'node:http';
import { request as https } from 'node:https';
import { fingerprintOf } from '../../domain/kill/fingerprint.ts';
import type { ProbeAnswer } from '../../domain/kill/probe-reading.ts';

const ANSWER_MS = 2_000;
const MOST_BYTES = 4 << 20;

/** One question on a connection of its own, so that it meets whichever process takes new callers. Never throws: silence is status 0. */
export function ask(url: URL, body: string, headers: Readonly<Record<string, string>>): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const silence = (note: string): void => { resolve({ status: 0, variantId: null, code: null, fingerprint: null, note }); };
    const request = (url.protocol === 'https:' ? https : http)(url, {
      method: 'POST', agent: false, signal: AbortSignal.timeout(ANSWER_MS),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close', ...headers },
    }, (response) => { read(response).then((text) => { resolve(answerOf(response, text)); }, (error: unknown) => { silence(wordsOf(error)); }); });
    request.on('error', (error) => { silence(wordsOf(error)); });
    request.end(body);
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) { response.destroy(); break; }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): ProbeAnswer {
  return { status: statusCode, variantId: one(headers['x-lastmile-variant']), code: one(headers['x-lastmile-error']), fingerprint: statusCode === 200 ? fingerprintOf(parsed(text)) : null, note: null };
}

function one(header: string | readonly string[] | undefined): string | null { return typeof header === 'string' ? header.slice(0, 100) : null; }
function parsed(text: string): unknown { try { return JSON.parse(text); } catch { return null; } }
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return error.name === 'AbortError' || error.name === 'TimeoutError' ? `no answer in ${ANSWER_MS / 1_000} s` : code;
}
