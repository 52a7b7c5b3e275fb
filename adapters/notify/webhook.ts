import { createHmac } from 'node:crypto';
import { request } from 'undici';
import { z } from 'zod';
import { Secret } from '../../config/schema.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { Notice, Notifier } from '../../ports/notifier.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({ url: z.url({ protocol: /^https?$/ }), secret: z.instanceof(Secret).nullable(), timeoutMs: z.number().int().positive().default(15_000) });

export const webhook: Adapter<Notifier, z.output<typeof Options>> = {
  name: 'webhook',
  summary: 'POSTs each notice as JSON with Standard Webhooks headers; redirects are refused.',
  options: Options,
  create({ url, secret, timeoutMs }) {
    return {
      async send(notice) {
        const body = JSON.stringify({ type: notice.type, timestamp: new Date(notice.atMs).toISOString(), data: notice });
        const answer = await post(url, { body, headers: headersOf(notice, body, secret), timeoutMs });
        if (answer < 200 || answer > 299) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${new URL(url).origin} answered ${answer} to notice ${notice.id}; it is sent again.`);
      },
    };
  },
};

/** Standard Webhooks: webhook-id is the notice's id in every attempt, v1 is HMAC-SHA256 over id.timestamp.body. */
function headersOf(notice: Notice, body: string, secret: Secret | null): Record<string, string> {
  const timestamp = String(Math.floor(notice.atMs / 1_000));
  const signature = secret === null ? null : createHmac('sha256', secret.reveal()).update(`${notice.id}.${timestamp}.${body}`).digest('base64');
  return { 'content-type': 'application/json', 'webhook-id': notice.id, 'webhook-timestamp': timestamp, ...(signature === null ? {} : { 'webhook-signature': `v1,${signature}` }) };
}

async function post(url: string, of: { body: string; headers: Record<string, string>; timeoutMs: number }): Promise<number> {
  try {
    const answer = await request(url, { method: 'POST', body: of.body, headers: of.headers, headersTimeout: of.timeoutMs, bodyTimeout: of.timeoutMs, signal: AbortSignal.timeout(of.timeoutMs) });
    await answer.body.dump();
    return answer.statusCode;
  } catch (error) {
    throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${new URL(url).origin} does not answer; the notice is sent again.`, { cause: error });
  }
}
