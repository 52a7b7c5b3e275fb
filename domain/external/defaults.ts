import type { ReadFile } from '../deployment-file.schema.ts';
import type { ExternalMetric, Question } from './metric.ts';

type Read = NonNullable<ReadFile['spec']['externalMetrics']>[number];

const MINUTE = 60_000;

/** Undefined where the file names none, so that files of before have the hash they had. */
export function externalMetrics(metrics: readonly Read[] = []): readonly ExternalMetric[] | undefined { return metrics.length === 0 ? undefined : metrics.map(externalMetric); }

function externalMetric(of: Read): ExternalMetric {
  const { name, role = 'guardrail', source, credentials = null, compare = 'challenger', better, limit, failBeyond = limit } = of;
  return { name, role, question: questionOf(source), credentials, compare, better, limit, failBeyond, ...rhythm(of) };
}

/** Once a minute, five good ones, none failed; an hour of answers that tell nothing ends the rollout. */
function rhythm({ initialDelay = 0, every = MINUTE, count = 5, failureLimit = 0, inconclusiveLimit = 60, maxAge = 5 * MINUTE, timeout = 5_000 }: Read): Pick<ExternalMetric, 'initialDelayMs' | 'everyMs' | 'count' | 'failureLimit' | 'inconclusiveLimit' | 'maxAgeMs' | 'timeoutMs'> {
  return { initialDelayMs: initialDelay, everyMs: every, count, failureLimit, inconclusiveLimit: inconclusiveLimit === 'none' ? null : inconclusiveLimit, maxAgeMs: maxAge, timeoutMs: timeout };
}

/** The schema lets exactly one through. */
function questionOf({ prometheus, http }: Read['source']): Question {
  if (prometheus !== undefined) return { kind: 'prometheus', url: prometheus.url, query: prometheus.query };
  const { url = '', method, body, headers = {}, value = '', timestamp = null } = http ?? {};
  const text = body === undefined ? null : JSON.stringify(body);
  return { kind: 'http', url, method: method ?? (text === null ? 'GET' : 'POST'), body: text, headers, value, timestamp };
}
