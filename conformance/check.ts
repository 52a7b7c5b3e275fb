import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { isLastmileError, type Code } from '../domain/errors.ts';

/** The call fails with this code of the catalogue; returns the message, for more to be asked of it. */
export async function failsWith(code: Code, call: () => Promise<unknown>): Promise<string> {
  const found = await call().then(() => null, (error: unknown) => error);
  assert.ok(found !== null, `expected ${code}, but the call succeeded`);
  assert.ok(isLastmileError(found), `expected ${code}, got ${inspect(found)}`);
  assert.equal(found.code, code, found.message);
  return found.message;
}

/** All bytes of a stream. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
