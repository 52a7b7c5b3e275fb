import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Egress } from '../../config/egress.ts';
import { Secret } from '../../config/schema.ts';
import { isLastmileError, LastmileError } from '../../domain/errors.ts';
import type { Notice, Notifier } from '../../ports/notifier.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }), egress: z.custom<Egress>((value) => typeof value === 'object' && value !== null && 'admit' in value),
  /** The others sign too, while the secret is rotated: receivers take any signature that holds. */
  secret: z.instanceof(Secret).nullable(), otherSecrets: z.array(z.instanceof(Secret)).readonly().optional(), timeoutMs: z.number().int().positive().default(15_000),
});

export const webhook: Adapter<Notifier, z.output<typeof Options>> = {
  name: 'webhook',
  summary: 'POSTs each notice as JSON with Standard Webhooks headers, to public https unless the operator allows more; redirects are refused.',
  options: Options,
  create({ url, egress, secret, otherSecrets = [], timeoutMs }) {
    const secrets = secret === null ? [] : [secret, ...otherSecrets];
    const dispatcher = new Agent({ connect: { lookup: egress.admit(url) } });
    return {
      async send(notice) {
        const body = JSON.stringify({ type: notice.type, timestamp: new Date(notice.atMs).toISOString(), data: notice });
        const answer = await post(url, { body, headers: headersOf(notice, body, secrets), timeoutMs, dispatcher });
        if (answer < 200 || answer > 299) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${new URL(url).origin} answered ${answer} to notice ${notice.id}; it is sent again.`);
      },
    };
  },
};

/** Standard Webhooks: webhook-id is the notice's id in every attempt, v1 is HMAC-SHA256 over id.timestamp.body, one for each secret. */
function headersOf(notice: Notice, body: string, secrets: readonly Secret[]): Record<string, string> {
  const timestamp = String(Math.floor(notice.atMs / 1_000));
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret.reveal()).update(`${notice.id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'content-type': 'application/json', 'webhook-id': notice.id, 'webhook-timestamp': timestamp, ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }) };
}

async function post(url: string, of: { body: string; headers: Record<string, string>; timeoutMs: number; dispatcher: Agent }): Promise<number> {
  try {
    const answer = await request(url, { method: 'POST', body: of.body, headers: of.headers, dispatcher: of.dispatcher, headersTimeout: of.timeoutMs, bodyTimeout: of.timeoutMs, signal: AbortSignal.timeout(of.timeoutMs) });
    await answer.body.dump();
    return answer.statusCode;
  } catch (error) {
    if (isLastmileError(error)) throw error;
    throw new LastmileError('LM_BACKEND_UNAVAILABLE', `The webhook ${new URL(url).origin} does not answer; the notice is sent again.`, { cause: error });
  }
}
