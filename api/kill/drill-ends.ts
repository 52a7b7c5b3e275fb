import { describeError } from '../../config/log.ts';
import { drillResult, drillTerms, DRILLS_SEEN, drillSummary } from '../../domain/kill/drill.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { killSentence } from '../../domain/kill/sentence.ts';
import { specOf } from '../views.ts';
import { backoff } from './backoff.ts';
import { endDrill, settleDrill } from './end-drill.ts';
import type { KillPorts } from './kill-ports.ts';
import { noticeOf, tellOfDrillEnd, type Tellings } from './tellings.ts';

const RETRY_MS = { first: 500, most: 30_000 } as const;
/** A load that fails once or twice is no news. */
const FAILURES_TO_TELL = 3;

/** Ends drills that are measured, and goes on until it has worked: a challenger must not stay off because a drill took it. */
export interface DrillEnds { attend(record: KillRecord): void }

export function createDrillEnds(ports: KillPorts, tellings: Tellings, changed: () => void): DrillEnds {
  const open = new Map<string, { failures: number; nextAtMs: number; running: boolean }>();
  const end = async (key: string, record: KillRecord): Promise<void> => {
    const ending = open.get(key) ?? { failures: 0, nextAtMs: 0, running: false };
    if (ending.running || ending.nextAtMs > ports.clock()) return;
    open.set(key, ending);
    ending.running = true;
    try {
      const ended = await endDrill(ports, record);
      open.delete(key);
      changed();
      tellOfDrillEnd(ports, tellings, ended);
      tellings.tell(`${key}/settled`, () => settleDrill(ports, ended));
      tellings.tell(`${key}/alarm`, () => alarm(ports, ended));
    } catch (error) {
      ending.failures += 1;
      ending.nextAtMs = ports.clock() + backoff(RETRY_MS, ending.failures);
      ports.log.warn('a drill cannot be ended yet; it is tried again', { killId: record.killId, error });
      if (ending.failures === FAILURES_TO_TELL) tellings.tell(`${key}/stuck`, () => ports.notifier.send(noticeOf(ports, record, { type: 'drill-failed', name: 'stuck', text: stuckText(record, error) })));
    }
    ending.running = false;
  };
  return { attend(record) { end(`${record.tenantId}/${record.killId}`, record).catch(() => undefined); } };
}

function stuckText({ deployment, variants }: KillRecord, error: unknown): string {
  return `After a drill version ${variants.map(({ version }) => version).join(', ')} of ${deployment} does not come back: ${describeError(error).slice(0, 300)}. Callers have the champion; it is tried on.`;
}

/** One notice a drill: that it failed, that it was slower than the limit, or that drills get slower. */
async function alarm(ports: KillPorts, ended: KillRecord): Promise<void> {
  const { tenantId, deploymentUid } = ended;
  const deployment = await ports.stores.deployments.getDeploymentByUid(tenantId, deploymentUid);
  const terms = drillTerms(deployment === null ? undefined : (await specOf(ports, deployment)).spec.drills);
  const result = drillResult(ended, terms);
  const { trend, sentence } = drillSummary(terms, await ports.stores.kills.list(tenantId, deploymentUid, DRILLS_SEEN, 'drill'), ports.clock());
  if (result === 'failed') await ports.notifier.send(noticeOf(ports, ended, { type: 'drill-failed', name: 'failed', text: killSentence(ended) }));
  else if (result === 'slow' || trend === 'slower') await ports.notifier.send(noticeOf(ports, ended, { type: 'drill-slow', name: 'slow', text: `${ended.deployment}: ${sentence} The limit is ${terms.limitMs} ms.` }));
}
