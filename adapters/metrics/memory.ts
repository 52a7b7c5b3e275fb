import { z } from 'zod';
import type { Reading } from '../../domain/external/measurement.ts';
import type { MetricSource } from '../../ports/metric-source.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({ answer: z.custom<(question: unknown) => Reading | Promise<Reading>>((value) => typeof value === 'function') });

/** The source of a test: answers by a function, keeps no credentials. */
export const memory: Adapter<MetricSource<unknown>, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'Answers that a test gives.',
  options: Options,
  create({ answer }) {
    return {
      async read({ question, credentials }, signal) {
        if (credentials !== null) return { none: 'no-credentials', text: `there are no credentials ${credentials}` };
        return signal?.aborted === true ? { none: 'unreachable', text: 'nobody waits for it' } : answer(question);
      },
    };
  },
};
