import { parseAnswerJson } from '../../domain/answer-json.ts';
import type { HttpQuestion } from '../../domain/external/metric.ts';
import type { Reading } from '../../domain/external/measurement.ts';
import { parseJsonPath, valueAtPath } from '../../domain/json-path.ts';
import type { MetricSource } from '../../ports/metric-source.ts';
import type { Adapter } from '../define.ts';
import { noReading, sourceOverHttp, SourceOptions, type SourceAnswer } from './_shared/http-exchange.ts';

/** Times below it are seconds: in milliseconds it is March 1973, in seconds the year 5138. */
const SECONDS_BELOW = 1e11;
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/;

/** Without a timestamp in the answer, it is of when it came, less the time that a cache held it (Age, RFC 9111 section 5.1). */
export const http: Adapter<MetricSource<HttpQuestion>, SourceOptions> = {
  name: 'http',
  summary: 'One request that is answered with JSON; a path leads to the number, another one to its time.',
  options: SourceOptions,
  create: (options) => sourceOverHttp(options, {
    call: ({ question: { url, method, body, headers } }) => ({ url, method, body, headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) } }),
    reading: readingOf,
  }),
};

function readingOf(answer: SourceAnswer, question: HttpQuestion): Reading {
  const json = parseAnswerJson(answer.text);
  if (json === undefined) return noReading('not-the-format', 'the answer is not JSON');
  const found = at(json, question.value);
  if (found === undefined) return noReading('no-series', `the answer has nothing at ${question.value}`);
  const value = numberOf(found);
  if (value === null) return noReading(found === null || isNonFinite(found) ? 'not-finite' : 'no-number', `at ${question.value} stands ${JSON.stringify(found).slice(0, 60)}, which is not a finite number`);
  if (question.timestamp === null) return { value, sampleMs: answer.receivedAtMs - answer.ageS * 1_000 };
  const sampleMs = timeOf(at(json, question.timestamp));
  return sampleMs === null ? noReading('no-number', `the answer has no time at ${question.timestamp}; write seconds, milliseconds or ISO 8601`) : { value, sampleMs };
}

function at(json: unknown, path: string): unknown { const steps = parseJsonPath(path); return steps === null ? undefined : valueAtPath(json, steps); }

/** A number, or one written as text. */
function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && DECIMAL.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function isNonFinite(value: unknown): boolean { return typeof value === 'string' && /^[-+]?(nan|inf(inity)?)$/i.test(value.trim()); }

function timeOf(value: unknown): number | null {
  const number = numberOf(value);
  if (number !== null) return number < SECONDS_BELOW ? number * 1_000 : number;
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isFinite(ms) ? ms : null;
}
