import { checkpointId } from '../../domain/audit/checkpoint.ts';
import { isLastmileError, LastmileError } from '../../domain/errors.ts';
import type { CheckpointSink } from '../../ports/checkpoint-sink.ts';
import type { Adapter } from '../define.ts';
import { openWebhook, WebhookOptions } from '../standard-webhook.ts';

export const webhook: Adapter<CheckpointSink, WebhookOptions> = {
  name: 'webhook',
  summary: 'POSTs each checkpoint as JSON with Standard Webhooks headers, to public https unless the operator allows more; whoever receives it keeps it.',
  options: WebhookOptions,
  create(hook) {
    const post = openWebhook(hook);
    const { origin } = new URL(hook.url);
    return {
      async put(checkpoint) {
        const answer = await post({ id: checkpointId(checkpoint), type: 'audit.checkpoint', atMs: checkpoint.atMs, data: checkpoint }).catch((error: unknown) => {
          throw isLastmileError(error) ? error : new LastmileError('LM_SINK_UNAVAILABLE', `The webhook ${origin} does not answer; the checkpoint is sent again.`, { cause: error });
        });
        if (answer < 200 || answer > 299) throw new LastmileError('LM_SINK_UNAVAILABLE', `The webhook ${origin} answered ${answer} to checkpoint ${checkpointId(checkpoint)}; it is sent again.`);
      },
      async read() { return null; },
    };
  },
};
