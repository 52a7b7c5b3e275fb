import type { IncomingMessage } from 'node:http';
import { HttpError } from './protocol-errors.ts';

/**
 * The whole request body, read once and shared by every leg. 413 above the limit: what still comes is thrown away unread, so that the
 * caller can finish writing and read the answer. 400 when the caller goes away in the middle.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? NaN);
  if (declared > limitBytes) return Promise.reject(tooLarge(limitBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else { chunks.length = 0; reject(tooLarge(limitBytes)); }
    });
    request.on('end', () => { resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size <= limitBytes ? size : 0)); });
    request.on('error', () => { reject(new HttpError(400, 'LM_INVALID_REQUEST', 'The request ended before its body did.')); });
  });
}

function tooLarge(limitBytes: number): HttpError {
  return new HttpError(413, 'LM_INVALID_REQUEST', `The request body is larger than ${limitBytes} bytes; split the batch.`);
}
