import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../config/log.ts';
import type { Contract } from '../domain/contract.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { DeploymentSpec, DriftPolicy } from '../domain/deployment.ts';
import { trafficFold, windowFinding, type DriftReference } from '../domain/drift/watch.ts';
import type { DriftRule } from '../domain/drift/rule.ts';
import type { Stores } from '../ports/stores.ts';
import type { DeploymentStore } from '../ports/deployment-store.ts';
import { makeReference, type DriftStores } from './drift-reference.ts';
import { STRETCHES, stretches, type Traffic } from './drift-traffic.ts';
import { remembered } from './remembered.ts';

const LOOK_MS = 5_000;
/** Records are looked at this long after their time. */
const SETTLE_MS = 1_000;
/** Of one deployment in one look; a long silence is caught up in several. */
const MOST_WINDOWS = 100;
const MONTH_MS = 30 * 86_400_000;

export interface DriftWatch { stop(): Promise<void> }

/**
 * Holds the traffic of each champion whose file asks for it against what it was when the version became champion, a window at a time. Like the sealer it has no
 * leader and carries nothing over: a window is a pure function of what is stored, and the first one's stays.
 */
export function startDriftWatch({ stores, now, log }: { readonly stores: Stores; readonly now: () => number; readonly log: Log }): DriftWatch {
  const ending = new AbortController();
  const passed = new Map<string, number>();
  const watching: Watching = { stores: { ...stores, deployments: remembering(stores.deployments, now) }, now, log, passed };
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try { await watchAll(watching); } catch (error) { log.warn('drift could not be looked at; trying again', { error }); }
      await delay(LOOK_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return { async stop() { ending.abort(); await running; } };
}

/** What lies under a hash is asked for once; every deployment is looked at every few seconds. */
function remembering(deployments: DeploymentStore, now: () => number): Watching['stores']['deployments'] {
  const of = { foundMs: 600_000, missingMs: 1_000, now };
  return {
    allDeployments: () => deployments.allDeployments(), listRollouts: (...args) => deployments.listRollouts(...args),
    getSpec: remembered((tenant, hash) => deployments.getSpec(tenant, hash), of), getContract: remembered((tenant, hash) => deployments.getContract(tenant, hash), of), getVariant: remembered((tenant, id) => deployments.getVariant(tenant, id), of),
  };
}

interface Watching { readonly stores: DriftStores; readonly now: () => number; readonly log: Log; /** Up to where windows were folded or found empty; spares looking at these again. */ readonly passed: Map<string, number> }

/** A failure of one deployment does not keep the others waiting. */
export async function watchAll(watching: Watching): Promise<void> {
  const { stores, log } = watching;
  for (const deployment of await stores.deployments.allDeployments()) {
    if (deployment.status.champion === null) continue;
    try { await watchOne(watching, deployment); } catch (error) { log.warn('the drift of one deployment could not be looked at', { deployment: deployment.name, error }); }
  }
}

interface Watched { readonly spec: DeploymentSpec; readonly policy: DriftPolicy; readonly contract: Contract }

async function watchedBy({ deployments }: DriftStores, { tenantId, specHash, status: { champion } }: DeploymentRecord): Promise<Watched | null> {
  const spec = await deployments.getSpec(tenantId, specHash);
  const policy = spec?.spec.drift;
  if (spec === null || policy === undefined || champion === null) return null;
  const variant = await deployments.getVariant(tenantId, champion.variantId);
  const contract = variant === null ? null : await deployments.getContract(tenantId, variant.contractHash);
  return contract === null ? null : { spec, policy, contract };
}

async function watchOne(watching: Watching, deployment: DeploymentRecord): Promise<void> {
  const { stores, now, passed } = watching;
  const watched = await watchedBy(stores, deployment);
  const { tenantId, uid, status: { champion } } = deployment;
  if (watched === null || champion === null) return;
  const { variantId } = champion;
  const clock = watched.spec.spec.labels?.clock === 'event' ? 'ruling' : 'gateway';
  const completeMs = await wholeUpTo(watching, deployment, clock, watched.policy);
  if (completeMs === null) return;
  const traffic = { tenantId, uid, clock } as const;
  const reference = await stores.drift.reference(tenantId, uid, variantId) ?? await makeFirst(stores, { traffic, variantId, contract: watched.contract, windowMs: watched.policy.windowMs, completeMs, nowMs: now() });
  if (reference === null) return;
  const key = `${tenantId}/${uid}/${variantId}`;
  const [last] = passed.has(key) ? [] : await stores.drift.windows(tenantId, uid, variantId, 1);
  const fromMs = passed.get(key) ?? last?.toMs ?? Math.ceil(reference.toMs / watched.policy.windowMs) * watched.policy.windowMs;
  passed.set(key, await foldWindows(watching, { traffic: { ...traffic, variantIds: [variantId] }, reference, watched, fromMs, completeMs }));
}

async function makeFirst(stores: DriftStores, wanted: Parameters<typeof makeReference>[1]): Promise<DriftReference | null> {
  const made = await makeReference(stores, wanted);
  if (made === null || await stores.drift.putReference(made)) return made;
  return stores.drift.reference(made.tenantId, made.deploymentUid, made.variantId);
}

/** Under an event clock what comes later than a quarter of a window after the newest is left out, as of slots. */
async function wholeUpTo({ stores, now }: Watching, { tenantId, uid }: DeploymentRecord, clock: Traffic['clock'], { windowMs }: DriftPolicy): Promise<number | null> {
  const { completeAtMs, rulingMs } = await stores.records.watermark(tenantId, uid, now());
  if (clock === 'gateway') return completeAtMs === null ? null : completeAtMs - SETTLE_MS;
  return rulingMs === null ? null : rulingMs - windowMs / 4;
}

interface Folding { readonly traffic: Traffic; readonly reference: DriftReference; readonly watched: Watched; readonly fromMs: number; readonly completeMs: number }

/** Whole windows one after the other; returns where the next one begins. */
async function foldWindows({ stores, now }: Watching, { traffic, reference, watched: { policy, contract }, fromMs, completeMs }: Folding): Promise<number> {
  let nextMs = fromMs;
  if (nextMs + policy.windowMs > completeMs) return nextMs;
  let [before = null] = await stores.drift.windows(reference.tenantId, reference.deploymentUid, reference.variantId, 1);
  for (let n = 0; n < MOST_WINDOWS && nextMs + policy.windowMs <= completeMs; n += 1, nextMs += policy.windowMs) {
    const fold = trafficFold({ contract, space: reference.space, calibration: reference.calibration, outputsOf: reference.variantId });
    const toMs = nextMs + policy.windowMs;
    for await (const legs of stretches(stores.records, traffic, { fromMs: nextMs, toMs, count: STRETCHES })) fold.add(legs.filter(({ role }) => role !== 'shadow'));
    const window = windowFinding(reference, fold.result(), ruleOf(policy), { fromMs: nextMs, toMs, foldedAtMs: now(), before });
    if (window !== null) await stores.drift.putWindow(window);
    before = window ?? before;
  }
  return nextMs;
}

function ruleOf({ windowMs, falseAlarmsPerMonth, least }: DriftPolicy): DriftRule { return { least, falseAlarms: falseAlarmsPerMonth, windows: MONTH_MS / windowMs }; }
