import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stores } from '../../ports/stores.ts';
import { createWorld, type World } from './api-world.ts';
import { run, type Ran } from './cli-run.ts';
import { storeEvidence } from './sealed-evidence.ts';

/** An auditor at the command line: the API on a socket over these stores, a rollout in them, a folder of their own. */
export interface Journey {
  readonly world: World;
  readonly folder: string;
  file(name: string): string;
  text(name: string): string;
  write(name: string, text: string): void;
  cli(...argv: readonly string[]): Promise<Ran>;
  /** The same with no server to ask. */
  offline(...argv: readonly string[]): Promise<Ran>;
}

export async function startJourney(stores?: Stores): Promise<Journey> {
  const world = await createWorld(stores === undefined ? {} : { stores });
  await storeEvidence(world.stores);
  const folder = mkdtempSync(join(tmpdir(), 'lastmile-audit-'));
  writeFileSync(join(folder, 'key'), await world.key({ scopes: ['read'] }));
  writeFileSync(join(folder, 'public.pem'), world.publicKey.key.export({ type: 'spki', format: 'pem' }));
  const at = (url: string, argv: readonly string[]): Promise<Ran> => run(['--api', url, '--key-file', join(folder, 'key'), ...argv]);
  return {
    world, folder, file: (name) => join(folder, name), text: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : ''), write: (name, text) => { writeFileSync(join(folder, name), text); },
    cli: (...argv) => at(world.url, argv), offline: (...argv) => at('http://127.0.0.1:9', argv),
  };
}
