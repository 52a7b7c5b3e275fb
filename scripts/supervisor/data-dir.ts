import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureKeyPair } from '../../config/signing.ts';
import type { Config } from '../../config/load.ts';
import { LastmileError } from '../../domain/errors.ts';

/** A folder with this file in it was made by lastmile and may be emptied by it. */
const MARKER = '.lastmile';
const MARKER_TEXT = 'This folder was made by lastmile: databases, keys, artifacts and logs of one machine. `npm start -- --fresh` empties it.\n';

export interface DataDir {
  readonly root: string;
  readonly mongod: string;
  readonly temporalDatabase: string;
  readonly runFile: string;
  readonly keyFile: string;
  logOf(process: string): string;
}

export function dataDirAt(root: string): DataDir {
  return {
    root, mongod: join(root, 'mongod'), temporalDatabase: join(root, 'temporal', 'temporal.db'),
    runFile: join(root, 'run.json'), keyFile: join(root, 'keys', 'dev-api-key'),
    logOf: (process) => join(root, 'logs', `${process}.log`),
  };
}

/** Makes the folder and marks it as ours where it is new or empty. */
export function prepareDataDir({ root, mongod, temporalDatabase }: DataDir): void {
  const isNew = !existsSync(root) || readdirSync(root).length === 0;
  for (const folder of [root, mongod, join(temporalDatabase, '..'), join(root, 'logs')]) mkdirSync(folder, { recursive: true });
  mkdirSync(join(root, 'keys'), { recursive: true, mode: 0o700 });
  if (isNew) writeFileSync(join(root, MARKER), MARKER_TEXT);
}

/** Empties the folder. Refuses one that lastmile did not make. */
export function emptyDataDir({ root }: DataDir): void {
  if (!existsSync(root) || readdirSync(root).length === 0) return;
  if (!existsSync(join(root, MARKER))) {
    throw new LastmileError('LM_CONFLICT', `${root} was not made by lastmile (it holds no ${MARKER} file), so --fresh does not empty it. Set LASTMILE_DATA_DIR to another folder, or remove it yourself.`);
  }
  for (const entry of readdirSync(root)) if (entry !== MARKER) rmSync(join(root, entry), { recursive: true, force: true });
}

/** The shared secret of our processes, made at the first start, and the key pair that signs route tables. Returns the token. */
export function ensureSecrets(config: Config): string {
  ensureKeyPair(config.signing.keyFile, config.signing.publicKeyFile);
  if (config.serviceToken !== null) return [config.serviceToken, ...config.otherServiceTokens].map((each) => each.reveal()).join(',');
  const file = join(config.dataDir, 'keys', 'service-token');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** The log of the run before stays as NAME.log.1. */
export function rotateLog(file: string): void {
  if (existsSync(file)) renameSync(file, `${file}.1`);
}
