import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Egress } from '../config/egress.ts';
import { Secret } from '../config/schema.ts';
import { isLastmileError, LastmileError, type Code } from '../domain/errors.ts';

/** One message to a webhook. The id is the same in every attempt. */
export interface WebhookMessage { readonly id: string; readonly type: string; readonly atMs: number; readonly data: unknown }

/** What any webhook is opened with. */
export const WebhookOptions = z.strictObject({
  url: z.url({ protocol: /^https?$/ }), egress: z.custom<Egress>((value) => typeof value === 'object' && value !== null && 'admit' in value),
  /** The others sign too, while the secret is rotated: receivers take any signature that holds. */
  secret: z.instanceof(Secret).nullable(), otherSecrets: z.array(z.instanceof(Secret)).readonly().optional(), timeoutMs: z.number().int().positive().default(15_000),
});
export type WebhookOptions = z.output<typeof WebhookOptions>;

/**
 * A function that POSTs with Standard Webhooks headers and returns when the message was taken (2xx); redirects are not followed. LM_EGRESS_DENIED, at once
 * for what the URL shows and at the call for where its name leads; `code` when it does not answer or answers otherwise: the sender tries again.
 */
export function openWebhook({ url, egress, secret, otherSecrets = [], timeoutMs }: WebhookOptions, { code, what }: { readonly code: Code; readonly what: string }): (message: WebhookMessage) => Promise<void> {
  const secrets = secret === null ? [] : [secret, ...otherSecrets];
  const dispatcher = new Agent({ connect: { lookup: egress.admit(url) } });
  const { origin } = new URL(url);
  const post = async (message: WebhookMessage): Promise<number> => {
    const body = JSON.stringify({ type: message.type, timestamp: new Date(message.atMs).toISOString(), data: message.data });
    const answer = await request(url, { method: 'POST', body, headers: headersOf(message, body, secrets), dispatcher, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) });
    await answer.body.dump();
    return answer.statusCode;
  };
  return async (message) => {
    const status = await post(message).catch((error: unknown) => {
      throw isLastmileError(error) ? error : new LastmileError(code, `The webhook ${origin} does not answer; the ${what} is sent again.`, { cause: error });
    });
    if (status < 200 || status > 299) throw new LastmileError(code, `The webhook ${origin} answered ${status} to ${what} ${message.id}; it is sent again.`);
  };
}

/** v1 is HMAC-SHA256 over id.timestamp.body, one for each secret. */
function headersOf({ id, atMs }: WebhookMessage, body: string, secrets: readonly Secret[]): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret.reveal()).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }) };
}
