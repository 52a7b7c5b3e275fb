import { z } from 'zod';
import { parseAnswerJson } from '../../domain/answer-json.ts';
import type { PrometheusQuestion } from '../../domain/external/metric.ts';
import type { Reading } from '../../domain/external/measurement.ts';
import type { MetricSource } from '../../ports/metric-source.ts';
import type { Adapter } from '../define.ts';
import { noReading, sourceOverHttp, SourceOptions } from './_shared/http-exchange.ts';

const sample = z.tuple([z.number(), z.string()]);
const Answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), warnings: z.array(z.string()).nullish(), data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample.optional() })) }),
    z.object({ resultType: z.literal('scalar'), result: sample }),
    z.object({ resultType: z.enum(['matrix', 'string']), result: z.unknown() }),
  ]) }),
  z.object({ status: z.literal('error'), error: z.string().optional() }),
]);

/**
 * An instant query, evaluated by the server's own clock: its time is the sample's time. `lookback_delta` keeps the server from answering with a sample older than
 * maxAge, which it otherwise does for five minutes after a target has gone; servers that do not know the parameter ignore it.
 */
export const prometheus: Adapter<MetricSource<PrometheusQuestion>, SourceOptions> = {
  name: 'prometheus',
  summary: 'An instant query of the Prometheus HTTP API: Prometheus, Thanos, Mimir, VictoriaMetrics and others.',
  options: SourceOptions,
  create: (options) => sourceOverHttp(options, {
    call: ({ question: { url, query }, maxAgeMs, timeoutMs }) => ({
      url: `${url.replace(/\/+$/, '')}/api/v1/query`, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ query, timeout: `${String(timeoutMs)}ms`, lookback_delta: `${String(maxAgeMs)}ms` }).toString(),
    }),
    reading: ({ text }) => readingOf(text),
  }),
};

function readingOf(text: string): Reading {
  const parsed = Answer.safeParse(parseAnswerJson(text));
  if (!parsed.success) return noReading('not-the-format', 'the answer is not one of the Prometheus query API');
  if (parsed.data.status === 'error') return noReading('refused', `the query was refused: ${parsed.data.error ?? 'no reason given'}`);
  const { data, warnings } = parsed.data;
  if ((warnings ?? []).length > 0) return noReading('partial', `the answer is partial: ${(warnings ?? []).join('; ')}`);
  if (data.resultType === 'scalar') return sampleOf(data.result);
  if (data.resultType !== 'vector') return noReading('no-number', `the query gives a ${data.resultType}, not one number`);
  const [first, ...others] = data.result;
  if (first === undefined) return noReading('no-series', 'the query finds no series');
  if (others.length > 0) return noReading('several-series', `the query finds ${data.result.length} series; aggregate them to one, with sum or avg`);
  return first.value === undefined ? noReading('no-number', 'the series is a histogram, not one number') : sampleOf(first.value);
}

/** Prometheus writes numbers as text, with NaN, +Inf and -Inf among them. */
function sampleOf([atS, text]: readonly [number, string]): Reading {
  const value = text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? { value, sampleMs: Math.round(atS * 1_000) } : noReading('not-finite', `the value is ${text.slice(0, 40)}`);
}
