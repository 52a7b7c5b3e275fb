import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Egress } from '../config/egress.ts';
import { Secret } from '../config/schema.ts';

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
 * A function that POSTs with Standard Webhooks headers and answers the status; redirects are not followed. LM_EGRESS_DENIED, at once for what the URL
 * shows and at the call for where its name leads; else it throws what the connection threw.
 */
export function openWebhook({ url, egress, secret, otherSecrets = [], timeoutMs }: WebhookOptions): (message: WebhookMessage) => Promise<number> {
  const secrets = secret === null ? [] : [secret, ...otherSecrets];
  const dispatcher = new Agent({ connect: { lookup: egress.admit(url) } });
  return async (message) => {
    const body = JSON.stringify({ type: message.type, timestamp: new Date(message.atMs).toISOString(), data: message.data });
    const answer = await request(url, { method: 'POST', body, headers: headersOf(message, body, secrets), dispatcher, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) });
    await answer.body.dump();
    return answer.statusCode;
  };
}

/** v1 is HMAC-SHA256 over id.timestamp.body, one for each secret. */
function headersOf({ id, atMs }: WebhookMessage, body: string, secrets: readonly Secret[]): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret.reveal()).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }) };
}
