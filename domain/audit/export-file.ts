import { canonicalJson, type Json } from '../canonical-json.ts';
import { digestOf } from '../digest.ts';
import type { AuditRecord } from '../audit.ts';
import type { TenantId } from '../ids.ts';
import { createChainCheck, type ChainResult } from './chain-check.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { CheckSignature, PublicKeyText } from './signature.ts';

export const EXPORT_TYPE = 'lastmile/audit-export/v1';

/**
 * An exported chain: NDJSON, each line canonical JSON. First the head, then every record in order, then the checkpoints, last an end with the SHA-256
 * over all bytes before it. A file without its end is one that is still being written.
 */
export interface ExportHead { readonly type: typeof EXPORT_TYPE; readonly tenantId: TenantId; readonly keys: readonly PublicKeyText[] }

export function headLine(tenantId: TenantId, keys: readonly PublicKeyText[]): string { return line({ type: EXPORT_TYPE, tenantId, keys: keys.map(({ keyId, publicKey }) => ({ keyId, publicKey })) }); }
export function recordLine(record: AuditRecord): string { return line({ record: record as unknown as Json }); }
export function checkpointLine(checkpoint: Checkpoint): string { return line({ checkpoint: { ...checkpoint } }); }
/** `before` is the whole file so far. */
export function endLine(before: string, counts: { readonly records: number; readonly checkpoints: number }): string { return line({ end: { ...counts, sha256: digestOf(before) } }); }

function line(value: Json): string { return `${canonicalJson(value)}\n`; }

export interface ExportContent {
  readonly head: ExportHead | null;
  readonly records: readonly AuditRecord[];
  readonly checkpoints: readonly Checkpoint[];
  /** Whether the end is there. */
  readonly complete: boolean;
  /** What is wrong with the file itself, line by line. */
  readonly problems: readonly FileProblem[];
}
export interface FileProblem { readonly line: number; readonly problem: string }

/** Takes any text; nothing is thrown. Every byte counts: a line that is not in its canonical form is a problem. */
export function readExport(text: string): ExportContent {
  const records: AuditRecord[] = [];
  const checkpoints: Checkpoint[] = [];
  const problems: FileProblem[] = [];
  const state = { head: null as ExportHead | null, complete: false, at: 0 };
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop(); else problems.push({ line: lines.length, problem: 'the last line is cut off' });
  for (const [i, content] of lines.entries()) {
    const value = canonicalLine(content);
    if (state.complete) problems.push({ line: i + 1, problem: 'comes after the end of the export' });
    else if (value === null) problems.push({ line: i + 1, problem: 'is not a line of canonical JSON' });
    else if (i === 0) state.head = headOf(value);
    else if (isObject(value.record)) records.push(value.record as unknown as AuditRecord);
    else if (isObject(value.checkpoint)) checkpoints.push(value.checkpoint as unknown as Checkpoint);
    else if (isObject(value.end)) {
      state.complete = true;
      if (content !== endLine(text.slice(0, state.at), { records: records.length, checkpoints: checkpoints.length }).slice(0, -1)) problems.push({ line: i + 1, problem: 'the counts and the SHA-256 of the end are not those of the file: a byte was changed, or lines are missing' });
    } else problems.push({ line: i + 1, problem: 'is neither a record nor a checkpoint nor the end' });
    state.at += content.length + 1;
  }
  return { head: state.head, records, checkpoints, complete: state.complete, problems: state.head === null ? [{ line: 1, problem: 'is not the head of an audit export' }, ...problems] : problems };
}

export interface ExportCheck extends ChainResult { readonly tenantId: TenantId | null; readonly keys: readonly PublicKeyText[]; readonly fileProblems: readonly FileProblem[] }

/** All that can be told of a file without a server and without a secret. `checkFor` makes a check from the keys of the head; `more` are checkpoints kept elsewhere. */
export function checkExport(text: string, checkFor: (keys: readonly PublicKeyText[]) => CheckSignature, more: readonly Checkpoint[] = []): ExportCheck {
  const { head, records, checkpoints, complete, problems } = readExport(text);
  const keys = head?.keys ?? [];
  const check = checkFor(keys);
  const chain = createChainCheck(head?.tenantId ?? '');
  const signed = [...checkpoints, ...more];
  records.filter(isRecord).forEach((record) => { chain.add(record); });
  signed.filter(isCheckpoint).forEach((checkpoint) => { chain.addCheckpoint(checkpoint, check); });
  const odd: readonly FileProblem[] = [
    ...records.flatMap((record, i) => (isRecord(record) ? [] : [{ line: i + 2, problem: 'is not an audit record' }])),
    ...signed.filter((checkpoint) => !isCheckpoint(checkpoint)).map(() => ({ line: 0, problem: 'a checkpoint is not one' })),
    ...(complete ? [] : [{ line: text.split('\n').length, problem: 'the export has no end: it was not finished, or its tail was cut off' }]),
  ];
  return { ...chain.result(), tenantId: head?.tenantId ?? null, keys, fileProblems: [...problems, ...odd] };
}

/** Checkpoints as a sink keeps them: one a line. Nothing is thrown: what is no checkpoint is left out and counted. */
export function readCheckpoints(text: string): { readonly checkpoints: readonly Checkpoint[]; readonly unreadable: number } {
  const lines: readonly unknown[] = text.split('\n').filter((each) => each.trim() !== '').map(parsed);
  const checkpoints = lines.filter(isCheckpoint);
  return { checkpoints, unreadable: lines.length - checkpoints.length };
}

function canonicalLine(content: string): Readonly<Record<string, Json>> | null {
  const value = parsed(content);
  return isObject(value) && canonicalJson(value) === content ? value : null;
}

function parsed(text: string): Json {
  try { return JSON.parse(text) as Json; } catch { return null; }
}

function headOf(value: Readonly<Record<string, Json>>): ExportHead | null {
  const { type, tenantId, keys } = value;
  if (type !== EXPORT_TYPE || typeof tenantId !== 'string' || !Array.isArray(keys)) return null;
  return (keys as readonly Json[]).every((key) => isObject(key) && typeof key.keyId === 'string' && typeof key.publicKey === 'string') ? value as unknown as ExportHead : null;
}

function isRecord(value: unknown): value is AuditRecord {
  return isObject(value) && typeof value.tenantId === 'string' && Number.isSafeInteger(value.seq) && typeof value.prevHash === 'string' && typeof value.hash === 'string' && isObject(value.actor);
}

export function isCheckpoint(value: unknown): value is Checkpoint {
  return isObject(value) && typeof value.tenantId === 'string' && Number.isSafeInteger(value.seq) && typeof value.hash === 'string' && typeof value.atMs === 'number' && typeof value.keyId === 'string' && typeof value.signature === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, Json>> { return typeof value === 'object' && value !== null && !Array.isArray(value); }
