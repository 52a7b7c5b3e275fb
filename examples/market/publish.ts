import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LastmileError } from '../../domain/errors.ts';

/** One version into a filesystem registry: ROOT/NAME/VERSION/model.onnx, whole or not at all. Equal bytes are left alone; other bytes are LM_CONFLICT. */
export function publishVersion(registryDir: string, of: { readonly name: string; readonly version: string; readonly bytes: Uint8Array }): 'published' | 'there-already' {
  const folder = join(registryDir, of.name, of.version);
  const file = join(folder, 'model.onnx');
  if (existsSync(file)) {
    if (Buffer.compare(readFileSync(file), of.bytes) === 0) return 'there-already';
    throw new LastmileError('LM_CONFLICT', `Version ${of.version} of ${of.name} is in the registry with other bytes, and a version never changes. Start empty with \`npm start -- --fresh\`.`);
  }
  const fresh = join(registryDir, of.name, `.${of.version}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, 'model.onnx'), of.bytes);
  renameSync(fresh, folder);
  return 'published';
}
