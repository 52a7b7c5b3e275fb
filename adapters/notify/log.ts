import { z } from 'zod';
import type { Notifier } from '../../ports/notifier.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({ write: z.custom<(line: string) => void>((value) => typeof value === 'function') });

export const log: Adapter<Notifier, z.output<typeof Options>> = {
  name: 'log',
  summary: 'One JSON line per notice.',
  options: Options,
  create({ write }) {
    return { async send(notice) { write(JSON.stringify({ notice })); } };
  },
};
