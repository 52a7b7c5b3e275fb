import { z } from 'zod';
import type { Checkpoint } from '../../domain/audit/checkpoint.ts';
import type { CheckpointSink } from '../../ports/checkpoint-sink.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({});

export const memory: Adapter<CheckpointSink, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'In the process, gone with it; for tests.',
  options: Options,
  create() {
    const kept: Checkpoint[] = [];
    return {
      async put(checkpoint) { kept.push({ ...checkpoint }); },
      async read(tenant, { skip, limit }) { return kept.filter(({ tenantId }) => tenantId === tenant).slice(skip, skip + limit); },
    };
  },
};
