import { checkpointId } from '../../domain/audit/checkpoint.ts';
import type { CheckpointSink } from '../../ports/checkpoint-sink.ts';
import type { Adapter } from '../define.ts';
import { openWebhook, WebhookOptions } from '../standard-webhook.ts';

export const webhook: Adapter<CheckpointSink, WebhookOptions> = {
  name: 'webhook',
  summary: 'POSTs each checkpoint as JSON with Standard Webhooks headers, to public https unless the operator allows more; whoever receives it keeps it.',
  options: WebhookOptions,
  create(hook) {
    const post = openWebhook(hook, { code: 'LM_SINK_UNAVAILABLE', what: 'checkpoint' });
    return {
      put: (checkpoint) => post({ id: checkpointId(checkpoint), type: 'audit.checkpoint', atMs: checkpoint.atMs, data: checkpoint }),
      async read() { return null; },
    };
  },
};
