import { createHmac } from 'node:crypto';
import { request } from 'undici';
import type { Secret } from '../config/schema.ts';

/** One message to a webhook. The id is the same in every attempt. */
export interface WebhookMessage { readonly id: string; readonly type: string; readonly atMs: number; readonly data: unknown }
export interface Webhook { readonly url: string; readonly secret: Secret | null; readonly timeoutMs: number }

/** POSTs with Standard Webhooks headers and answers the status; redirects are not followed. Throws what the connection threw. */
export async function postWebhook({ url, secret, timeoutMs }: Webhook, message: WebhookMessage): Promise<number> {
  const body = JSON.stringify({ type: message.type, timestamp: new Date(message.atMs).toISOString(), data: message.data });
  const answer = await request(url, { method: 'POST', body, headers: headersOf(message, body, secret), headersTimeout: timeoutMs, bodyTimeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) });
  await answer.body.dump();
  return answer.statusCode;
}

/** v1 is HMAC-SHA256 over id.timestamp.body. */
function headersOf({ id, atMs }: WebhookMessage, body: string, secret: Secret | null): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signature = secret === null ? null : createHmac('sha256', secret.reveal()).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, ...(signature === null ? {} : { 'webhook-signature': `v1,${signature}` }) };
}
