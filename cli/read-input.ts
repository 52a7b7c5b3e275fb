import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { LastmileError } from '../domain/errors.ts';

/** A file, or standard input for `-`. */
export function openInput(file: string, input: Readable): Readable { return file === '-' ? input : createReadStream(file); }

export async function readText(file: string, input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of openInput(file, input)) chunks.push(Buffer.from(chunk as Uint8Array));
  } catch (error) {
    throw unreadable(file, error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function unreadable(file: string, error: unknown): LastmileError {
  return new LastmileError('LM_INVALID_REQUEST', `${file === '-' ? 'Standard input' : file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
