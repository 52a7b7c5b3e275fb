import { MongoClient } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { stores as databases } from '../../adapters/store/index.ts';
import { hashKey, keyPrefix, newApiKey } from '../../api/auth.ts';
import { firstBreak, type AuditRecord } from '../../domain/audit.ts';
import type { DeploymentRecord } from '../../domain/deployment-record.ts';
import { DEFAULT_TENANT } from '../../domain/ids.ts';
import { OUTCOMES } from '../../domain/rollout/machine.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import type { Route } from '../../domain/traffic/route.ts';
import { WHOLE } from '../../domain/share.ts';
import { SCOPES } from '../../ports/key-store.ts';
import type { Stores } from '../../ports/stores.ts';
import type { Harness } from './harness.ts';
import { laneOf, LANES } from './lanes.ts';
import type { Accepted } from './workload.ts';

/** What must hold at every moment, and at the end; each line of `broken` is a promise that was not kept, with the facts. */
export interface Oracles {
  readonly broken: string[];
  /** Times that the promises were looked at, and calls made as another tenant. */
  readonly looks: () => number;
  readonly foreignCalls: () => number;
  /** Steps that rollouts have taken up to now; null while the database cannot be asked. */
  steps(): Promise<number | null>;
  atTheEnd(accepted: readonly Accepted[]): Promise<EndFacts>;
  stop(): Promise<void>;
}

export interface EndFacts { readonly duplicateEffects: number; readonly lostEnds: number; readonly rolloutsStored: number; readonly auditRecords: number }

const EVERY_MS = 1_000;
const ASK_MS = 3_000;
const PAGE = 1_000;

export async function startOracles(harness: Harness): Promise<Oracles> {
  const broken: string[] = [];
  const mongo = new MongoClient(harness.mongodbUri, { serverSelectionTimeoutMS: ASK_MS, socketTimeoutMS: ASK_MS });
  const db = mongo.db(harness.database);
  const stores = databases.mongodb.create({ uri: harness.mongodbUri, database: harness.database });
  const foreignKey = await otherTenant(stores);
  let looks = 0;
  let foreignCalls = 0;
  const stopping = new AbortController();
  const tell = (lines: readonly string[]): void => { for (const line of lines) if (!broken.includes(line)) broken.push(line); };
  const look = async (): Promise<void> => {
    const [rollouts, routes, deployments] = await Promise.all([
      db.collection<RolloutRecord>('rollouts').find({ endedAtMs: null }, { projection: { deploymentUid: 1, rolloutId: 1 } }).toArray(),
      db.collection<Route>('routes').find({}).toArray(), db.collection<DeploymentRecord>('deployments').find({}).toArray(),
    ]);
    tell([...activeOnes(rollouts), ...routes.flatMap(routeProblems), ...deployments.flatMap(championProblems)]);
    looks += 1;
  };
  const asForeigner = async (): Promise<void> => {
    for (const path of [`/deployments/${LANES[0]!.name}`, `/deployments/${LANES[0]!.name}/rollouts/1`, '/deployments', '/audit']) {
      const answer = await fetch(`${harness.apiUrl}/api/v1${path}`, { headers: { authorization: `Bearer ${foreignKey}` }, signal: AbortSignal.timeout(ASK_MS) });
      const text = await answer.text();
      foreignCalls += 1;
      if (path.includes(LANES[0]!.name) && answer.status < 300) tell([`another tenant was answered ${String(answer.status)} on ${path}`]);
      if (answer.status < 300 && LANES.some(({ name }) => text.includes(`"${name}"`))) tell([`another tenant reads of this one on ${path}`]);
    }
  };
  const running = (async (): Promise<void> => {
    // A database or API that is away at the moment cannot be asked; it is asked again a second later.
    while (!stopping.signal.aborted) { await look().catch(() => undefined); await asForeigner().catch(() => undefined); await delay(EVERY_MS); }
  })();
  return {
    broken, looks: () => looks, foreignCalls: () => foreignCalls,
    async steps() {
      try {
        const [sum] = await db.collection('rollouts').aggregate<{ steps: number }>([{ $group: { _id: null, steps: { $sum: '$revision' } } }]).toArray();
        return sum?.steps ?? 0;
      } catch { return null; }
    },
    async atTheEnd(accepted) {
      await look();
      const rollouts = await db.collection<RolloutRecord>('rollouts').find({}).toArray();
      const audit = await wholeAudit(stores);
      const breakAt = firstBreak(audit);
      if (breakAt !== null) tell([`the audit chain does not hold at ${String(breakAt)}`]);
      const doubles = [...rollouts.flatMap((rollout) => auditProblems(rollout, audit)), ...(await db.collection<Route>('routes').find({}).toArray()).flatMap(appliedTwice), ...startedTwice(rollouts, accepted)];
      const lost = rollouts.filter(({ endedAtMs }) => endedAtMs === null).map(({ rolloutId }) => `rollout ${rolloutId} has not ended`);
      tell([...doubles, ...lost]);
      return { duplicateEffects: doubles.length, lostEnds: lost.length + accepted.filter(({ outcome }) => outcome === null).length, rolloutsStored: rollouts.length, auditRecords: audit.length };
    },
    async stop() { stopping.abort(); await running; await Promise.all([mongo.close(), stores.close()]); },
  };
}

function activeOnes(active: readonly Pick<RolloutRecord, 'deploymentUid' | 'rolloutId'>[]): readonly string[] {
  const uids = active.map(({ deploymentUid }) => deploymentUid);
  return [...new Set(uids.filter((uid, i) => uids.indexOf(uid) !== i))].map((uid) => `${uid} has more than one active rollout: ${active.filter(({ deploymentUid }) => deploymentUid === uid).map(({ rolloutId }) => rolloutId).join(', ')}`);
}

/** Shares are whole numbers that leave the champion its rest, and name variants that are loaded. */
function routeProblems(route: Route): readonly string[] {
  const shares = route.shares.map(({ sharePer10k }) => sharePer10k);
  const named = [...route.shares, ...route.shadows].map(({ variantId }) => variantId).concat(route.champion ?? []);
  return [
    ...(shares.every((share) => Number.isInteger(share) && share >= 0) && shares.reduce((sum, share) => sum + share, 0) <= WHOLE ? [] : [`${route.name}@${String(route.revision)} has shares ${shares.join('+')}`]),
    ...named.filter((id) => route.variants[id]?.endpoint === undefined).map((id) => `${route.name}@${String(route.revision)} names ${id}, which is not loaded`),
    // Champions of one lane alone are killed: elsewhere one that is under a tombstone was promoted after its kill.
    ...(route.champion !== null && route.tombstones.includes(route.champion) && laneOf(route.name)?.kind !== 'toppled' ? [`${route.name}@${String(route.revision)} has ${route.champion} as champion, which was killed`] : []),
  ];
}

/** Lanes whose challengers are bad keep their first version for ever. */
function championProblems({ name, status }: DeploymentRecord): readonly string[] {
  const lane = laneOf(name);
  const model = status.champion?.model;
  return lane === undefined || model === undefined || lane.ends.includes('promoted') || model.endsWith('@1') ? [] : [`${name} has ${model} as champion, which must never be promoted`];
}

/** A rollout's own records are numbered without a gap, and exactly one says how it ended. */
function auditProblems({ rolloutId, endedAtMs }: RolloutRecord, audit: readonly AuditRecord[]): readonly string[] {
  const own = audit.filter(({ subject, auditId }) => subject === rolloutId && auditId.startsWith(`${rolloutId}/`));
  const ends = own.filter(({ action }) => OUTCOMES.some((outcome) => action === `rollout.${outcome}`));
  const numbers = own.map(({ auditId }) => Number(auditId.slice(rolloutId.length + 1))).sort((a, b) => a - b);
  return [
    ...(endedAtMs !== null && ends.length !== 1 ? [`rollout ${rolloutId} has ${String(ends.length)} audit records of its end`] : []),
    ...(numbers.every((number, i) => number === i + 1) ? [] : [`the audit records of rollout ${rolloutId} are numbered ${numbers.join(', ')}`]),
  ];
}

function appliedTwice({ name, applied }: Route): readonly string[] {
  const ids = applied.map(({ commandId }) => commandId);
  return ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `the route of ${name} applied ${id} twice`);
}

/** One accepted order, one rollout. */
function startedTwice(rollouts: readonly RolloutRecord[], accepted: readonly Accepted[]): readonly string[] {
  const models = rollouts.map(({ model }) => model);
  return accepted.filter(({ model }) => models.filter((each) => each.endsWith(`:${model}`)).length !== 1).map(({ model }) => `${model} was accepted once and has ${String(models.filter((each) => each.endsWith(`:${model}`)).length)} rollouts`);
}

async function wholeAudit(stores: Stores): Promise<readonly AuditRecord[]> {
  const all: AuditRecord[] = [];
  for (;;) {
    const page = await stores.audit.read(DEFAULT_TENANT, { afterSeq: all.at(-1)?.seq ?? 0, limit: PAGE, subject: null });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

async function otherTenant(stores: Stores): Promise<string> {
  const key = newApiKey();
  await stores.keys.put({ id: 'key_other', hash: hashKey(key), prefix: keyPrefix(key), tenantId: 'other', actor: { kind: 'person', name: 'other' }, scopes: SCOPES, roles: [], createdAtMs: Date.now(), expiresAtMs: null, revokedAtMs: null });
  return key;
}
