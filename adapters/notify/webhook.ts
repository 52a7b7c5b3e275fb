import type { Notifier } from '../../ports/notifier.ts';
import type { Adapter } from '../define.ts';
import { openWebhook, WebhookOptions } from '../standard-webhook.ts';

export const webhook: Adapter<Notifier, WebhookOptions> = {
  name: 'webhook',
  summary: 'POSTs each notice as JSON with Standard Webhooks headers, to public https unless the operator allows more; redirects are refused.',
  options: WebhookOptions,
  create(hook) {
    const post = openWebhook(hook, { code: 'LM_BACKEND_UNAVAILABLE', what: 'notice' });
    return { send: (notice) => post({ id: notice.id, type: notice.type, atMs: notice.atMs, data: notice }) };
  },
};
