import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isLastmileError } from '../../domain/errors.ts';
import type { BreakGlassKit } from '../../domain/kill/break-glass.ts';
import type { Client } from '../client.ts';

/** A kit this old is renewed at the next contact: gateways come and go. */
const RENEW_MS = 10 * 60_000;
/** What the contact may cost a command that was about something else. */
const PATIENCE_MS = 1_500;

/** Where the kits of one machine's user lie; one for each API and key. */
export interface KitPlace { readonly stateDir: string; readonly apiUrl: string; readonly key: string | null }

export function kitFile({ stateDir, apiUrl, key }: KitPlace): string {
  const name = createHash('sha256').update(`${apiUrl}\n${key ?? ''}`).digest('hex').slice(0, 32);
  return join(stateDir, 'break-glass', `${name}.json`);
}

/** The kit of the last contact, or null when there is none that can be read and still holds. */
export function readKit(place: KitPlace, nowMs: number): BreakGlassKit | null {
  try {
    const kit = JSON.parse(readFileSync(kitFile(place), 'utf8')) as BreakGlassKit;
    return isKit(kit) && kit.expiresAtMs > nowMs ? kit : null;
  } catch { return null; }
}

function isKit(value: unknown): value is BreakGlassKit {
  const kit = value as Partial<BreakGlassKit> | null;
  return typeof kit === 'object' && kit !== null && typeof kit.token === 'string' && Array.isArray(kit.gateways) && Array.isArray(kit.backends) && typeof kit.expiresAtMs === 'number';
}

/** Readable by its owner alone; by rename, so that a crash leaves the old one. */
export function writeKit(place: KitPlace, kit: BreakGlassKit): void {
  const file = kitFile(place);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.next`, JSON.stringify(kit), { mode: 0o600 });
  renameSync(`${file}.next`, file);
}

/**
 * Called after a command that has reached the API: fetches a kit where the one at hand is old. It must never disturb that command: a key without the
 * scope, an API that has just gone, a folder that cannot be written are all passed over; the next contact tries again.
 */
export async function renewKit(client: Client, place: KitPlace, nowMs: number): Promise<void> {
  const known = readKit(place, nowMs);
  if (known !== null && nowMs - known.savedAtMs < RENEW_MS) return;
  try {
    const kit = await client.call('breakGlass', { body: {}, signal: AbortSignal.timeout(PATIENCE_MS) });
    writeKit(place, { ...kit, apiUrl: place.apiUrl, savedAtMs: nowMs });
  } catch (error) {
    if (isLastmileError(error) && error.code === 'LM_FORBIDDEN') writeDenied(place, nowMs);
  }
}

/** A key that may not kill is not asked for on every command: an empty kit stands for the answer. */
function writeDenied(place: KitPlace, nowMs: number): void {
  try {
    writeKit(place, { v: 1, apiUrl: place.apiUrl, token: '', expiresAtMs: nowMs + 6 * RENEW_MS, savedAtMs: nowMs, gateways: [], backends: [] });
  } catch { /* Nothing rests on it. */ }
}
