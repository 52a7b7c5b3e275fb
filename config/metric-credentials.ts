import { z } from 'zod';
import { LastmileError } from '../domain/errors.ts';
import { NAME } from '../domain/ids.ts';
import { Secret } from './schema.ts';

/** What a metric source is asked with: sent to its origin alone, in questions of these tenants (null: of all). */
export interface MetricCredentials { readonly origin: string; readonly tenants: readonly string[] | null; readonly authorization: Secret }
export type AllMetricCredentials = Readonly<Record<string, MetricCredentials>>;

const origin = z.url({ protocol: /^https?$/ }).refine((text) => { const url = URL.parse(text); return url !== null && (text === url.origin || text === `${url.origin}/`); }, 'is not an origin; write for example https://prometheus.example.com');
const common = { origin, tenants: z.array(z.string().regex(NAME)).min(1).optional() };
const text = z.string().min(1).max(10_000).regex(/^[\x20-\x7e]+$/, 'holds what no header can');
const Entry = z.union([z.strictObject({ ...common, bearer: text }), z.strictObject({ ...common, user: text.regex(/^[^:]+$/, 'holds a colon'), password: text })]);
const File = z.record(z.string().regex(NAME, 'is not a name; use a-z, 0-9 and -'), Entry);

/** LASTMILE_METRIC_CREDENTIALS: `{"NAME": {"origin", "bearer"} or {"origin", "user", "password"}}`, `tenants` optional. LM_INVALID_CONFIG names the entry and tells no secret. */
export function metricCredentials(json: Secret | null): AllMetricCredentials {
  if (json === null) return {};
  let value: unknown;
  try { value = JSON.parse(json.reveal()); } catch { throw new LastmileError('LM_INVALID_CONFIG', 'LASTMILE_METRIC_CREDENTIALS is not JSON.'); }
  const parsed = File.safeParse(value);
  if (!parsed.success) throw new LastmileError('LM_INVALID_CONFIG', `LASTMILE_METRIC_CREDENTIALS: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}. Each entry is {origin, bearer} or {origin, user, password}, and may name tenants.`);
  return Object.fromEntries(Object.entries(parsed.data).map(([name, entry]) => [name, {
    origin: new URL(entry.origin).origin, tenants: entry.tenants ?? null,
    authorization: new Secret('bearer' in entry ? `Bearer ${entry.bearer}` : `Basic ${Buffer.from(`${entry.user}:${entry.password}`).toString('base64')}`),
  }]));
}
