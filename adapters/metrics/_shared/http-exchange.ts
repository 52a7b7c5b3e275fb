import { Agent, request } from 'undici';
import { z } from 'zod';
import type { AllMetricCredentials } from '../../../config/metric-credentials.ts';
import type { Egress } from '../../../config/egress.ts';
import { isLastmileError } from '../../../domain/errors.ts';
import type { NoReading, Reading, Unread } from '../../../domain/external/measurement.ts';
import type { Asking, MetricSource } from '../../../ports/metric-source.ts';

/** What sources over HTTP are opened with. */
export const SourceOptions = z.strictObject({
  egress: z.custom<Egress>((value) => typeof value === 'object' && value !== null && 'admit' in value), credentials: z.custom<AllMetricCredentials>((value) => typeof value === 'object' && value !== null),
});
export type SourceOptions = z.output<typeof SourceOptions>;

/** No answer with one number in it is larger. */
const MOST_BYTES = 1 << 20;
const SHOWN = 200;

export interface SourceCall { readonly url: string; readonly method: 'GET' | 'POST'; readonly body: string | null; readonly headers: Readonly<Record<string, string>> }
export interface SourceAnswer { readonly text: string; readonly receivedAtMs: number; /** Seconds that a cache held it. */ readonly ageS: number }
type Exchange = (call: SourceCall, asking: Asking<unknown>, signal?: AbortSignal) => Promise<SourceAnswer | Unread>;

/** A source whose questions are one exchange each. */
export function sourceOverHttp<Question>(options: SourceOptions, of: { readonly call: (asking: Asking<Question>) => SourceCall; readonly reading: (answer: SourceAnswer, question: Question) => Reading }): MetricSource<Question> {
  const exchange = openExchange(options);
  return {
    async read(asking, signal) {
      const answer = await exchange(of.call(asking), asking, signal);
      return 'none' in answer ? answer : of.reading(answer, asking.question);
    },
  };
}

export function noReading(none: NoReading, text: string): Unread { return { none, text: text.slice(0, 300) }; }

/** One exchange within the rules of the operator: redirects are refused, answers bounded in time and size, credentials sent to their origin alone. Never throws. */
function openExchange({ egress, credentials }: SourceOptions): Exchange {
  const dispatcher = new Agent({ maxResponseSize: MOST_BYTES, connect: { lookup: egress.lookup } });
  return async (call, asking, signal) => {
    const authorization = authorizationOf(credentials, asking, call.url);
    if (authorization !== null && typeof authorization !== 'string') return authorization;
    const limit = AbortSignal.timeout(asking.timeoutMs);
    try {
      egress.admit(call.url);
      const { statusCode, headers, body } = await request(call.url, {
        dispatcher, method: call.method, body: call.body, headers: { ...call.headers, accept: 'application/json', ...(authorization === null ? {} : { authorization }) },
        headersTimeout: 0, bodyTimeout: 0, signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      const text = await body.text();
      if (statusCode < 200 || statusCode > 299) return noReading('refused', `${originOf(call.url)} answered ${statusCode}${statusCode >= 300 && statusCode < 400 ? ', a redirect, which is not followed' : `: ${text.slice(0, SHOWN)}`}`);
      return { text, receivedAtMs: Date.now(), ageS: ageOf(headers.age) };
    } catch (error) {
      return failureOf(error, originOf(call.url), limit.aborted ? asking.timeoutMs : null);
    }
  };
}

function failureOf(error: unknown, origin: string, waitedMs: number | null): Unread {
  if (isLastmileError(error)) return noReading('denied', error.message);
  if (waitedMs !== null) return noReading('too-slow', `${origin} gave no answer within ${waitedMs} ms`);
  return isTooLarge(error) ? noReading('too-large', `${origin} answered with more than ${MOST_BYTES} bytes`) : noReading('unreachable', `${origin} does not answer`);
}

/** The header, null for none, or why there is none to send. */
function authorizationOf(all: AllMetricCredentials, { credentials, tenant }: Asking<unknown>, url: string): string | null | Unread {
  if (credentials === null) return null;
  const found = Object.hasOwn(all, credentials) ? all[credentials] : undefined;
  if (found === undefined || found.tenants?.includes(tenant) === false) return noReading('no-credentials', `there are no credentials ${credentials} (LASTMILE_METRIC_CREDENTIALS of the workers)`);
  if (found.origin !== originOf(url)) return noReading('no-credentials', `credentials ${credentials} are not for ${originOf(url)}`);
  return found.authorization.reveal();
}

function originOf(url: string): string { return URL.parse(url)?.origin ?? 'the source'; }

function ageOf(header: string | string[] | undefined): number { const age = Number(header ?? 0); return Number.isFinite(age) && age > 0 ? age : 0; }

/** undici says so in the error, or in the one that it wraps. */
function isTooLarge(error: unknown): boolean {
  const codes = [error, (error as { cause?: unknown } | null)?.cause].map((each) => (each as { code?: unknown } | null | undefined)?.code);
  return codes.includes('UND_ERR_RES_EXCEEDED_MAX_SIZE');
}
