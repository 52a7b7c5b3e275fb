import type { ExternalMetric, Question } from '../domain/external/metric.ts';
import { pageOfSlot, withMeasurement } from '../domain/external/measurement-page.ts';
import type { Measurement, Reading } from '../domain/external/measurement.ts';
import { fill, type Names } from '../domain/external/question.ts';
import { nextSlotMs, slotAt } from '../domain/external/slots.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { VariantId } from '../domain/ids.ts';
import { parseModelRef } from '../domain/model.ts';
import type { Asking } from '../ports/metric-source.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Activities, Subject } from './index.ts';
import { variantOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';

/** Without a plan nothing is compared yet; looked for again soon. */
const NO_PLAN_MS = 5_000;
const SOONEST_MS = 1_000;
const LATEST_MS = 3_600_000;

/** Asks the sources of external metrics, and stores what they said before anything judges it. */
export function measuringActivities(ports: ActivityPorts): Pick<Activities, 'measure'> {
  return {
    measure: ({ subject, champion, challenger }) => withHeartbeat(async (signal) => {
      const plan = await ports.stores.evidence.getPlan(subject.tenant, subject.rolloutId);
      const metrics = plan?.external ?? [];
      if (plan === null || metrics.length === 0) return { taken: 0, nextMs: NO_PLAN_MS };
      const sides = { champion: await namesOf(ports, subject, { id: champion, role: 'champion' }), challenger: await namesOf(ports, subject, { id: challenger, role: 'challenger' }) };
      const taken = await Promise.all(metrics.map((metric) => measureOnce(ports, { plan, metric, sides }, signal)));
      return { taken: taken.filter(Boolean).length, nextMs: untilNext(plan, metrics, ports.now()) };
    }),
  };
}

async function namesOf({ stores: { deployments } }: ActivityPorts, { tenant, deployment }: Subject, { id, role }: { readonly id: VariantId; readonly role: 'champion' | 'challenger' }): Promise<Names> {
  const { model } = await variantOf(deployments, tenant, id);
  const { name, version } = parseModelRef(model);
  return { deployment, model: name, version, variant: id, role };
}

function untilNext({ startedAtMs }: AnalysisPlan, metrics: readonly ExternalMetric[], now: number): number {
  const soonest = Math.min(...metrics.map((metric) => nextSlotMs(metric, startedAtMs, now)));
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, soonest - now));
}

interface Task { readonly plan: AnalysisPlan; readonly metric: ExternalMetric; readonly sides: { readonly champion: Names; readonly challenger: Names } }

/** Whether the interval of now was not measured yet, and is now. A repeat of the activity asks for no interval twice. */
async function measureOnce(ports: ActivityPorts, task: Task, signal: AbortSignal): Promise<boolean> {
  const { plan: { tenantId, rolloutId, startedAtMs }, metric } = task;
  const slot = slotAt(metric, startedAtMs, ports.now());
  if (slot < 0) return false;
  const key = { tenantId, rolloutId, metric: metric.name, page: pageOfSlot(slot) };
  const before = await ports.stores.measurements.page(key);
  if (before !== null && before.toSlot >= slot) return false;
  const [challenger, champion] = await Promise.all([ask(ports, task, { names: task.sides.challenger, signal }), metric.compare === 'challenger' ? null : ask(ports, task, { names: task.sides.champion, signal })]);
  // A worker that stops has not heard the source: nothing is stored of that, and the next attempt asks again.
  signal.throwIfAborted();
  const measurement: Measurement = { tenantId, rolloutId, metric: metric.name, slot, atMs: ports.now(), challenger, champion };
  const page = withMeasurement(before, metric, measurement);
  return page !== null && ports.stores.measurements.putPage(page, before?.toSlot ?? null);
}

async function ask({ sources }: ActivityPorts, { plan, metric }: Task, { names, signal }: { readonly names: Names; readonly signal: AbortSignal }): Promise<Reading> {
  const question = fill(metric.question, names);
  if ('unsafe' in question) return { none: 'unsafe-name', text: `the ${question.unsafe} ${names[question.unsafe]} cannot be put into a question: it holds more than letters, digits and ._:+@/-` };
  const { credentials, timeoutMs, maxAgeMs } = metric;
  const asking = <Q extends Question>(of: Q): Asking<Q> => ({ question: of, tenant: plan.tenantId, credentials, timeoutMs, maxAgeMs });
  return question.kind === 'prometheus' ? sources.prometheus.read(asking(question), signal) : sources.http.read(asking(question), signal);
}
