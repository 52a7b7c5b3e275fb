import type { Log } from '../../config/log.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import type { Json } from '../../domain/canonical-json.ts';
import { digestOfJson } from '../../domain/digest.ts';
import type { Notice } from '../../ports/notifier.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { killSentence } from '../../domain/kill/sentence.ts';
import { auditIdOf } from '../changes.ts';
import { backoff } from './backoff.ts';
import type { KillPorts } from './kill-ports.ts';

const RETRY_MS = { first: 500, most: 60_000 } as const;
/** Some half an hour. */
const MOST_ATTEMPTS = 36;

/** What must still happen after a step of a kill, and happen once, mostly that others hear of it: each thing has a name, is tried at once, and again until it has worked. */
export interface Tellings {
  tell(name: string, act: () => Promise<unknown>): void;
  /** Tries those that are due. */
  retry(): Promise<void>;
}

export function createTellings(log: Log, clock: () => number): Tellings {
  const said = new Set<string>();
  const open = new Map<string, { readonly act: () => Promise<unknown>; attempts: number; nextAtMs: number; running: boolean }>();
  const attempt = async (name: string): Promise<void> => {
    const telling = open.get(name);
    if (telling === undefined || telling.running) return;
    telling.running = true;
    try {
      await telling.act();
      open.delete(name);
    } catch (error) {
      telling.attempts += 1;
      telling.nextAtMs = clock() + backoff(RETRY_MS, telling.attempts);
      log.warn('something about a kill could not be told; it is tried again', { what: name, error });
      if (telling.attempts >= MOST_ATTEMPTS) { open.delete(name); log.error('something about a kill was never told', { what: name }); }
    }
    telling.running = false;
  };
  return {
    tell(name, act) {
      if (said.has(name)) return;
      said.add(name);
      open.set(name, { act, attempts: 0, nextAtMs: 0, running: false });
      attempt(name).catch(() => undefined);
    },
    async retry() { await Promise.all([...open].filter(([, { nextAtMs }]) => nextAtMs <= clock()).map(([name]) => attempt(name))); },
  };
}

/** That it was ordered: one audit record, and of a kill in earnest one message to the workflow, which may be away. Both by deterministic ids, so that every process may say it. */
export function tellOfOrder({ stores }: KillPorts, tellings: Tellings, record: KillRecord): void {
  const { tenantId, deploymentUid, killId, requestedAtMs } = record;
  tellings.tell(`${tenantId}/${killId}/order`, () => stores.audit.append(tenantId, entryOf(record, { action: actionOf(record), atMs: requestedAtMs, evidenceHash: null })));
  if (record.drillId === null) tellings.tell(`${tenantId}/${killId}/outbox`, () => stores.outbox.put({ id: `killed/${killId}`, tenantId, deploymentUid, rolloutId: null, type: 'killed', killId, atMs: requestedAtMs }));
}

/** That it is proved, or that it is not confirmed: to the audit chain with the digest of the record, and to people, who hear of a drill when it has ended. */
export function tellOfState(ports: KillPorts, tellings: Tellings, record: KillRecord): void {
  if (record.state !== 'proved' && record.state !== 'unconfirmed') return;
  const { tenantId, killId, state, drillId } = record;
  tellOfEvidence(ports, tellings, record);
  if (drillId === null) tellings.tell(`${tenantId}/${killId}/${state}/notice`, () => ports.notifier.send(noticeOf(ports, record, { type: `kill-${state}`, name: state, text: killSentence(record) })));
}

/** `name` tells apart what is said of one kill: with it the notice has one id. */
export function noticeOf({ settings }: Pick<KillPorts, 'settings'>, { tenantId, killId, deployment, updatedAtMs }: KillRecord, { type, name, text }: { readonly type: string; readonly name: string; readonly text: string }): Notice {
  return { id: `kill/${killId}/${name}`, tenantId, deployment, type, text, atMs: updatedAtMs, link: `${settings.apiUrl}/deployments/${deployment}` };
}

/** That a drill is over, with the digest of its record. */
export function tellOfDrillEnd({ stores }: Pick<KillPorts, 'stores'>, tellings: Tellings, record: KillRecord): void {
  const { tenantId, killId, revivedAtMs, updatedAtMs } = record;
  const entry = entryOf(record, { action: 'deployment.drill-ended', atMs: revivedAtMs ?? updatedAtMs, evidenceHash: digestOfKill(record) });
  tellings.tell(`${tenantId}/${killId}/ended`, () => stores.audit.append(tenantId, entry));
}

export function tellOfEvidence({ stores }: KillPorts, tellings: Tellings, record: KillRecord): void {
  const entry = entryOf(record, { action: `${actionOf(record)}-${record.state}`, atMs: record.provedAtMs ?? record.updatedAtMs, evidenceHash: digestOfKill(record) });
  tellings.tell(`${record.tenantId}/${record.killId}/${record.state}`, () => stores.audit.append(record.tenantId, entry));
}

/** SHA-256 over the whole record in canonical form. */
export function digestOfKill(record: KillRecord): string { return digestOfJson(record as unknown as Json); }

function actionOf({ drillId }: KillRecord): string { return drillId === null ? 'deployment.kill' : 'deployment.drill'; }

function entryOf({ killId, actor: { kind, name }, via, deployment, reason }: KillRecord, { action, atMs, evidenceHash }: Pick<AuditEntry, 'action' | 'atMs' | 'evidenceHash'>): AuditEntry {
  return { auditId: auditIdOf(killId, action, deployment), atMs, actor: { kind, name }, via, action, subject: deployment, digest: null, reason, evidenceHash };
}
