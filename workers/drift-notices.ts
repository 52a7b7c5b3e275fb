import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../config/log.ts';
import { driftSentence, type DriftWindow } from '../domain/drift/watch.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Stores } from '../ports/stores.ts';

const LOOK_MS = 5_000;
const BATCH = 100;

export interface DriftNoticeParts { readonly stores: Pick<Stores, 'drift' | 'deployments'>; readonly notifier: Notifier; readonly pageOf: (deployment: string) => string | null; readonly log: Log }

/** Tells people where a change of a champion's traffic begins: at least once, under one id. Several workers may do it at once. */
export function startDriftNotices(parts: DriftNoticeParts): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try { await tellOfDrift(parts); } catch (error) { parts.log.warn('notices of drift wait', { error }); }
      await delay(LOOK_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return { async stop() { stopped.abort(); await running; } };
}

/** One that cannot be sent is owed on, and holds up no other. */
export async function tellOfDrift({ stores, notifier, pageOf, log }: DriftNoticeParts): Promise<void> {
  for (const window of await stores.drift.untold(BATCH)) {
    try {
      const deployment = await stores.deployments.getDeploymentByUid(window.tenantId, window.deploymentUid);
      if (deployment !== null) await notifier.send({ id: idOf(window), tenantId: window.tenantId, deployment: deployment.name, type: 'drift', text: `${deployment.name}: ${driftSentence(window)}`, atMs: window.foldedAtMs, link: pageOf(deployment.name) });
      await stores.drift.told(window);
    } catch (error) {
      log.warn('a notice of drift could not be sent; trying again', { deploymentUid: window.deploymentUid, error });
    }
  }
}

function idOf({ deploymentUid, variantId, fromMs }: DriftWindow): string { return `drift/${deploymentUid}/${variantId}/${String(fromMs)}`; }
