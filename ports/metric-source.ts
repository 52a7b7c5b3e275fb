import type { HttpQuestion, PrometheusQuestion } from '../domain/external/metric.ts';
import type { Reading } from '../domain/external/measurement.ts';
import type { TenantId } from '../domain/ids.ts';

/** A question whose placeholders are filled in, and how it may be asked. */
export interface Asking<Question> {
  readonly question: Question;
  /** Whose file asks: credentials may be for some tenants alone. */
  readonly tenant: TenantId;
  readonly credentials: string | null;
  readonly timeoutMs: number;
  /** What is older is of no use; a source that can leaves it out itself. */
  readonly maxAgeMs: number;
}

/**
 * A system that keeps numbers over time. One question has one number for an answer, with its time, or a reason why there is none: whatever the other side does,
 * `read` neither throws nor waits longer than `timeoutMs`, and no number is made up.
 */
export interface MetricSource<Question> { read(asking: Asking<Question>, signal?: AbortSignal): Promise<Reading> }

/** The sources of an installation, by the kind of question that each answers. */
export interface MetricSources { readonly prometheus: MetricSource<PrometheusQuestion>; readonly http: MetricSource<HttpQuestion> }
