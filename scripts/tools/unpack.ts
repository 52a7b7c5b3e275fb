import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { LastmileError } from '../../domain/errors.ts';

/** True for the member that holds the binary: its last path segment is `binary`. */
const holds = (binary: string) => (path: string): boolean => path === binary || path.endsWith(`/${binary}`);

/** Writes the one file called `binary` inside `archive` to `target`, executable. Nothing else of the archive touches the disk. */
export async function unpackBinary(archive: string, format: 'zip' | 'tar.gz', binary: string, target: string): Promise<void> {
  const found = format === 'zip' ? await fromZip(archive, holds(binary), target) : await fromTarGz(archive, holds(binary), target);
  if (!found) throw new LastmileError('LM_TOOL_UNAVAILABLE', `The archive ${archive} holds no file called ${binary}.`);
}

// Zip (APPNOTE 6.3.10): the end record names the central directory, which names every member and where its bytes begin.
const END_RECORD = 0x06054b50;
const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_HEADER_BYTES = 30;
const MAX_END_RECORD_BYTES = 65_557;

async function fromZip(archive: string, matches: (path: string) => boolean, target: string): Promise<boolean> {
  const file = await open(archive);
  try {
    const entry = findZipEntry(await centralDirectory(file), matches);
    if (entry === null) return false;
    const local = await bytesAt(file, entry.offset, LOCAL_HEADER_BYTES);
    const start = entry.offset + LOCAL_HEADER_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
    const content = createReadStream(archive, { start, end: start + entry.compressedBytes - 1 });
    const out = createWriteStream(target, { mode: 0o755 });
    await (entry.method === 0 ? pipeline(content, out) : pipeline(content, createInflateRaw(), out));
    return true;
  } finally { await file.close(); }
}

async function centralDirectory(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const tail = await bytesAt(file, Math.max(0, size - MAX_END_RECORD_BYTES), Math.min(size, MAX_END_RECORD_BYTES));
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) === END_RECORD) return bytesAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  }
  throw new LastmileError('LM_TOOL_UNAVAILABLE', 'The archive is no zip file: its end record is missing.');
}

function findZipEntry(directory: Buffer, matches: (path: string) => boolean): { method: number; compressedBytes: number; offset: number } | null {
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === CENTRAL_ENTRY;) {
    const nameBytes = directory.readUInt16LE(at + 28);
    if (matches(directory.toString('utf8', at + 46, at + 46 + nameBytes))) {
      return { method: directory.readUInt16LE(at + 10), compressedBytes: directory.readUInt32LE(at + 20), offset: directory.readUInt32LE(at + 42) };
    }
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return null;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

// Tar (POSIX ustar): 512-byte headers, each followed by its content padded to 512 bytes.
const BLOCK = 512;

async function fromTarGz(archive: string, matches: (path: string) => boolean, target: string): Promise<boolean> {
  let found = false;
  await pipeline(createReadStream(archive), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    const reader = byteReader(chunks);
    for (let header = await reader.read(BLOCK); header !== null && header[0] !== 0; header = await reader.read(BLOCK)) {
      const entry = tarEntry(header);
      const padded = Math.ceil(entry.bytes / BLOCK) * BLOCK;
      if (!found && entry.isFile && matches(entry.path)) {
        found = true;
        await pipeline(reader.stream(entry.bytes), createWriteStream(target, { mode: 0o755 }));
        await reader.skip(padded - entry.bytes);
      } else await reader.skip(padded);
    }
    await reader.skip(Infinity);
  });
  return found;
}

function tarEntry(header: Buffer): { path: string; bytes: number; isFile: boolean } {
  const text = (from: number, length: number): string => header.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  const prefix = text(345, 155);
  const name = text(0, 100);
  return { path: prefix === '' ? name : `${prefix}/${name}`, bytes: Number.parseInt(text(124, 12).trim() || '0', 8), isFile: header[156] === 0x30 || header[156] === 0 };
}

interface ByteReader { read(length: number): Promise<Buffer | null>; skip(length: number): Promise<void>; stream(length: number): AsyncIterable<Buffer> }

/** Reads exact lengths from chunks of any length. `read` answers null at the end. */
function byteReader(chunks: AsyncIterable<Buffer>): ByteReader {
  const source = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const next = async (atMost: number): Promise<Buffer | null> => {
    if (rest.length === 0) {
      const result = await source.next();
      if (result.done === true) return null;
      rest = result.value;
    }
    const taken = rest.subarray(0, Math.min(atMost, rest.length));
    rest = rest.subarray(taken.length);
    return taken;
  };
  async function* stream(length: number): AsyncIterable<Buffer> {
    for (let left = length; left > 0;) {
      const part = await next(left);
      if (part === null) return;
      left -= part.length;
      yield part;
    }
  }
  return {
    stream,
    async read(length) {
      const parts: Buffer[] = [];
      for await (const part of stream(length)) parts.push(part);
      const bytes = Buffer.concat(parts);
      return bytes.length === length ? bytes : null;
    },
    async skip(length) {
      for (let left = length; left > 0;) {
        const part = await next(left);
        if (part === null) return;
        left -= part.length;
      }
    },
  };
}
