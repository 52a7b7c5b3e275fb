import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { describeError, type Log } from '../config/log.ts';
import { LastmileError } from '../domain/errors.ts';
import type { GatewaySync, GatewaySyncAnswer, SignedTable } from '../domain/traffic/table.ts';
import type { Bell } from './bell.ts';
import type { GatewayClock } from './clock.ts';
import { firstOf } from './first-of.ts';
import type { OwnKills } from './own-kills.ts';
import type { RouteTableHolder } from './route-table.ts';
import { signedTable, type TableFile } from './table-file.ts';

export interface SyncOptions {
  readonly apiUrl: string;
  readonly serviceToken: string;
  readonly gatewayId: string;
  /** What this gateway says of itself; the parts of table and own kills are added here. */
  readonly describe: () => Omit<GatewaySync, 'tableDigest' | 'applied' | 'ownKills' | 'waitMs'>;
  readonly table: RouteTableHolder;
  readonly ownKills: OwnKills;
  /** Rung when something was killed or has become silent: the long poll is given up and asked anew. */
  readonly bell: Bell;
  readonly file: TableFile;
  readonly leaseMs: number;
  readonly clock: GatewayClock;
  readonly log: Log;
}

export interface Sync {
  /** The API answered for the first time. */
  readonly firstContact: Promise<void>;
  /** Ends the exchange and says goodbye; an API that does not answer costs at most two seconds. */
  stop(): Promise<void>;
}

const BACK_OFF_MS = { first: 100, most: 2_000 };
const GOODBYE_MS = 2_000;
/** A table is acknowledged when it is on disk, so that a restart does not take it back; a disk that hangs must not keep the acknowledgement for ever. */
const DISK_MS = 1_000;
/** Past the long poll, the answer itself may take this long. */
const ANSWER_MS = 5_000;

/** The long poll to the API: says what is obeyed, gets newer tables, renews the lease. Goes on for ever, with back-off while the API is away. */
export function startSync(of: SyncOptions): Sync {
  const agent = new Agent({ connections: 2, keepAliveTimeout: 4_000 });
  const stopped = new AbortController();
  const isStopped = (): boolean => stopped.signal.aborted;
  let contact = (): void => undefined;
  const firstContact = new Promise<void>((resolve) => { contact = resolve; });
  let leaseMs = of.leaseMs;
  let rung = of.bell.listen();
  const disk = keeping(of);

  /** One exchange; true when it brought something to obey, or nothing new after a quiet wait. */
  const exchange = async (): Promise<boolean> => {
    const sentMs = of.clock.elapsedMs();
    // Three polls a lease, so that one lost answer does not end it. What the bell told goes out for an answer at once: many rings must not starve the lease.
    const waitMs = rung.aborted ? 0 : Math.ceil(Math.min(leaseMs / 3, 10_000));
    rung = of.bell.listen();
    const said = sayingOf(of, waitMs);
    const answer = await ask(of, agent, { said, signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(waitMs + ANSWER_MS), ...(waitMs === 0 ? [] : [rung])]) });
    leaseMs = answer.leaseMs;
    of.table.renewLease(sentMs, leaseMs);
    of.ownKills.told(said.ownKills);
    contact();
    const progress = answer.table === null || obey(of, answer.table);
    if (answer.table !== null && progress) await firstOf(disk.keep(answer.table), DISK_MS);
    // Only a route that is on disk may take an own kill over, or a restart could forget both.
    if (disk.isKept()) of.ownKills.merge(of.table.routes());
    return progress;
  };
  const run = async (): Promise<void> => {
    let waitMs = BACK_OFF_MS.first;
    let reached = true;
    while (!isStopped()) {
      try {
        const progress = await exchange();
        if (!reached) of.log.info('the API answers again', {});
        reached = true;
        // A table that is refused or known would otherwise come again at once.
        waitMs = progress ? BACK_OFF_MS.first : BACK_OFF_MS.most;
        if (progress) continue;
      } catch (error) {
        if (isStopped()) break;
        if (rung.aborted && reached) continue;
        if (reached) of.log.warn('the API does not answer; serving goes on with the table at hand', { problem: describeError(error) });
        reached = false;
      }
      await delay(waitMs, undefined, { signal: AbortSignal.any([stopped.signal, rung]) }).catch(() => undefined);
      waitMs = Math.min(2 * waitMs, BACK_OFF_MS.most);
    }
  };
  const running = run();
  return {
    firstContact,
    async stop() {
      stopped.abort();
      await running;
      await goodbye(of, agent);
      await agent.destroy();
    },
  };
}

function sayingOf(of: SyncOptions, waitMs: number): GatewaySync { return { ...of.describe(), ownKills: of.ownKills.open(null), tableDigest: of.table.digest(), applied: of.table.applied(), waitMs }; }

async function ask(of: SyncOptions, agent: Agent, { said, signal }: { said: GatewaySync; signal: AbortSignal }): Promise<GatewaySyncAnswer> {
  const answer = await request(new URL('/internal/v1/gateways/sync', of.apiUrl), {
    method: 'POST', dispatcher: agent, signal, body: JSON.stringify(said), headers: { 'content-type': 'application/json', authorization: `Bearer ${of.serviceToken}` },
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new LastmileError('LM_API_UNAVAILABLE', `The API answered ${answer.statusCode} to the gateway's sync.`);
  const { table, leaseMs } = JSON.parse(text) as { table: unknown; leaseMs: unknown };
  if (typeof leaseMs !== 'number' || !(leaseMs > 0)) throw new LastmileError('LM_API_UNAVAILABLE', 'The API answered the sync without a lease.');
  return { table: table === null ? null : signedTable(table) ?? { keyId: '', table: '', signature: '' }, leaseMs };
}

/** The table at hand on disk, and whether it is there. */
function keeping({ file, log }: SyncOptions): { keep(signed: SignedTable): Promise<void>; isKept(): boolean } {
  let newest = 0;
  let kept = 0;
  return {
    async keep(signed) {
      const mine = newest += 1;
      try { await file.write(signed); kept = Math.max(kept, mine); } catch (error) { log.error('the route table could not be kept on disk', { error }); }
    },
    isKept: () => kept === newest,
  };
}

/** False when the table is refused or already held. */
function obey({ table, log }: SyncOptions, signed: SignedTable): boolean {
  const acceptance = table.accept(signed);
  if (acceptance === 'accepted') return true;
  if (acceptance !== 'same') log.error('a route table was refused', { why: acceptance, keyId: signed.keyId });
  return false;
}

async function goodbye({ apiUrl, serviceToken, gatewayId }: SyncOptions, agent: Agent): Promise<void> {
  try {
    const answer = await request(new URL(`/internal/v1/gateways/${gatewayId}`, apiUrl), { method: 'DELETE', dispatcher: agent, headers: { authorization: `Bearer ${serviceToken}` }, signal: AbortSignal.timeout(GOODBYE_MS) });
    await answer.body.dump();
  } catch { /* Its lease ends by itself. */ }
}
