import { LastmileError } from '../domain/errors.ts';

export interface RateLimit { take(tenant: string, nowMs: number): void }

/** A token bucket a tenant, in this process. `take` throws LM_BUSY with the time until the next token. */
export function createRateLimit({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }): RateLimit {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    take(tenant, nowMs) {
      const bucket = buckets.get(tenant) ?? { tokens: burst, atMs: nowMs };
      const tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1_000) * perSecond);
      if (tokens < 1) {
        buckets.set(tenant, { tokens, atMs: nowMs });
        throw new LastmileError('LM_BUSY', `Tenant ${tenant} sends more than ${String(perSecond)} requests a second.`, { retryAfterMs: ((1 - tokens) / perSecond) * 1_000 });
      }
      buckets.set(tenant, { tokens: tokens - 1, atMs: nowMs });
    },
  };
}
