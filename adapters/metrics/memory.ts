import { z } from 'zod';
import type { Reading } from '../../domain/external/measurement.ts';
import type { MetricSource } from '../../ports/metric-source.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({ answer: z.custom<(question: unknown) => Reading>((value) => typeof value === 'function') });

/** The source of a test: answers by a function; the rules on time, and that nothing is thrown, are those of the port. */
export const memory: Adapter<MetricSource<unknown>, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'Answers that a test gives.',
  options: Options,
  create({ answer }) {
    return { async read({ question }) { return answer(question); } };
  },
};
