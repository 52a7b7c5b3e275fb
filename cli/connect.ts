import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import { LastmileError } from '../domain/errors.ts';

export interface ConnectFlags { readonly api?: string | undefined; readonly keyFile?: string | undefined }

/** The API's address: the flag, else LASTMILE_API_URL, else the port of `npm start`. */
export function apiUrl(flags: ConnectFlags, config: Config): string { return flags.api ?? config.api.url; }

/**
 * The API key: --key-file, else LASTMILE_API_KEY, else the development key that `npm start` left in this checkout; null when there is none.
 * A key is never taken from a flag: flags are seen by every process of the machine.
 */
export function apiKey(flags: ConnectFlags, config: Config, checkout: string): string | null {
  if (flags.keyFile !== undefined) return readKey(flags.keyFile);
  if (config.apiKey !== null) return config.apiKey.reveal();
  const found = [config.dataDir, join(checkout, '.data')].map(developmentKeyFile).find((file) => existsSync(file));
  return found === undefined ? null : readKey(found);
}

export function developmentKeyFile(dataDir: string): string { return join(dataDir, 'keys', 'dev-api-key'); }

function readKey(file: string): string {
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key !== '') return key;
  } catch (error) {
    throw new LastmileError('LM_INVALID_CONFIG', `The key file ${file} cannot be read.`, { cause: error });
  }
  throw new LastmileError('LM_INVALID_CONFIG', `The key file ${file} is empty.`);
}
