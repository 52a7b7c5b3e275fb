import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

type Files = Readonly<Record<string, string>>;

/** A .tar.gz made by the system's own tar. */
export function tarGz(files: Files): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-tar-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'in', path)), { recursive: true });
    writeFileSync(join(folder, 'in', path), text, { mode: 0o755 });
  }
  execFileSync('tar', ['-czf', join(folder, 'out.tar.gz'), '-C', join(folder, 'in'), '.']);
  return readFileSync(join(folder, 'out.tar.gz'));
}

/** A zip file: every second member is stored, the others are deflated. */
export function zip(files: Files): Buffer {
  const members: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [index, [path, text]] of Object.entries(files).entries()) {
    const raw = Buffer.from(text);
    const data = index % 2 === 0 ? deflateRawSync(raw) : raw;
    const name = Buffer.from(path);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(index % 2 === 0 ? 8 : 0, 4);
    facts.writeUInt32LE(crc32(raw), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(raw.length, 18);
    facts.writeUInt16LE(name.length, 22);
    members.push(Buffer.from('PK\u0003\u0004'), facts, name, data);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002'), Buffer.from([20, 0]), facts, rest, name);
    offset += 30 + name.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length / 4, 4);
  end.writeUInt16LE(members.length / 4, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...members, central, Buffer.from('PK\u0005\u0006'), end]);
}
