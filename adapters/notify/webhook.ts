import { isLastmileError, LastmileError } from '../../domain/errors.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { Adapter } from '../define.ts';
import { openWebhook, WebhookOptions } from '../standard-webhook.ts';

export const webhook: Adapter<Notifier, WebhookOptions> = {
  name: 'webhook',
  summary: 'POSTs each notice as JSON with Standard Webhooks headers, to public https unless the operator allows more; redirects are refused.',
  options: WebhookOptions,
  create(hook) {
    const post = openWebhook(hook);
    const { origin } = new URL(hook.url);
    return {
      async send(notice) {
        const answer = await post({ id: notice.id, type: notice.type, atMs: notice.atMs, data: notice }).catch((error: unknown) => {
          throw isLastmileError(error) ? error : new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${origin} does not answer; the notice is sent again.`, { cause: error });
        });
        if (answer < 200 || answer > 299) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${origin} answered ${answer} to notice ${notice.id}; it is sent again.`);
      },
    };
  },
};
