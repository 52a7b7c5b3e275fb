import { z } from 'zod';
import { Secret } from '../../config/schema.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { Adapter } from '../define.ts';
import { postWebhook } from '../standard-webhook.ts';

const Options = z.strictObject({ url: z.url({ protocol: /^https?$/ }), secret: z.instanceof(Secret).nullable(), timeoutMs: z.number().int().positive().default(15_000) });

export const webhook: Adapter<Notifier, z.output<typeof Options>> = {
  name: 'webhook',
  summary: 'POSTs each notice as JSON with Standard Webhooks headers; redirects are refused.',
  options: Options,
  create(hook) {
    return {
      async send(notice) {
        const answer = await postWebhook(hook, { id: notice.id, type: notice.type, atMs: notice.atMs, data: notice }).catch((error: unknown) => {
          throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${new URL(hook.url).origin} does not answer; the notice is sent again.`, { cause: error });
        });
        if (answer < 200 || answer > 299) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${new URL(hook.url).origin} answered ${answer} to notice ${notice.id}; it is sent again.`);
      },
    };
  },
};
