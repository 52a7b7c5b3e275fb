import { readExport } from '../../domain/audit/export-file.ts';
import { KEY_ACTIONS, whoCould } from '../../domain/audit/key-history.ts';
import type { AuditRecord } from '../../domain/audit.ts';
import type { Session } from '../context.ts';
import { give } from '../output.ts';
import { table, utc } from '../render/table.ts';
import { exactText } from '../trusted-keys.ts';
import { chainPages } from './read-chain.ts';

export interface WhoOptions { scope: string; at?: number; file?: string }

/** Whose keys carried a scope at a time, by the chain alone: live, or from an export. */
export async function tellWhoCould({ client, output }: Session, { scope, at, file }: WhoOptions): Promise<undefined> {
  const records: AuditRecord[] = file === undefined ? [] : [...readExport(exactText(file) ?? '').records];
  if (file === undefined) for await (const page of chainPages(client, 0, { action: KEY_ACTIONS })) records.push(...page);
  const atMs = at ?? Date.now();
  const lives = whoCould(records, { scope, atMs });
  give(output, { scope, atMs, keys: lives }, () => (lives.length === 0 ? `No key had the scope ${scope} at ${utc(atMs)}.` : table(['key', 'name', 'kind', 'scopes', 'from', 'until', 'records'], lives.map((life) => [
    life.keyId, life.name, life.kind, life.scopes.join(','), utc(life.fromMs), life.untilMs === null ? 'now' : `${utc(life.untilMs)} (${life.ended ?? ''})`, life.seqs.join(','),
  ]))));
  return undefined;
}
