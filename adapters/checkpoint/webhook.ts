import { z } from 'zod';
import { Secret } from '../../config/schema.ts';
import { checkpointId } from '../../domain/audit/checkpoint.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { CheckpointSink } from '../../ports/checkpoint-sink.ts';
import type { Adapter } from '../define.ts';
import { postWebhook } from '../standard-webhook.ts';

const Options = z.strictObject({ url: z.url({ protocol: /^https?$/ }), secret: z.instanceof(Secret).nullable(), timeoutMs: z.number().int().positive().default(15_000) });

export const webhook: Adapter<CheckpointSink, z.output<typeof Options>> = {
  name: 'webhook',
  summary: 'POSTs each checkpoint as JSON with Standard Webhooks headers; whoever receives it keeps it.',
  options: Options,
  create(hook) {
    const { origin } = new URL(hook.url);
    return {
      async put(checkpoint) {
        const answer = await postWebhook(hook, { id: checkpointId(checkpoint), type: 'audit.checkpoint', atMs: checkpoint.atMs, data: checkpoint }).catch((error: unknown) => {
          throw new LastmileError('LM_SINK_UNAVAILABLE', `The webhook ${origin} does not answer; the checkpoint is sent again.`, { cause: error });
        });
        if (answer < 200 || answer > 299) throw new LastmileError('LM_SINK_UNAVAILABLE', `The webhook ${origin} answered ${answer} to checkpoint ${checkpointId(checkpoint)}; it is sent again.`);
      },
      async read() { return null; },
    };
  },
};
