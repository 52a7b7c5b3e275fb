import { z } from 'zod';
import type * as metric from '../../domain/external/metric.ts';
import { BETTER, COMPARISONS, EXTERNAL_ROLES } from '../../domain/external/metric.ts';
import { byName, count, exactly, named, number, text } from './shape.ts';

/** domain/external as JSON; the domain types say what each field means. */

const Question = exactly<metric.Question>()(z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prometheus'), url: text, query: text }),
  z.object({ kind: z.literal('http'), url: text, method: z.enum(['GET', 'POST']), body: text.nullable(), headers: byName(text), value: text, timestamp: text.nullable() }),
]));

export const ExternalMetric = exactly<metric.ExternalMetric>()(named('ExternalMetric', {
  name: text, role: z.enum(EXTERNAL_ROLES), question: Question, credentials: text.nullable(), compare: z.enum(COMPARISONS), better: z.enum(BETTER), limit: number, failBeyond: number,
  initialDelayMs: number, everyMs: number, count, failureLimit: count, inconclusiveLimit: count.nullable(), maxAgeMs: number, timeoutMs: number,
}));
