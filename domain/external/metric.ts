/** A number that another system keeps, as a gate of a rollout. It is measured and held against a limit; nothing is claimed of chance. */

export const EXTERNAL_ROLES = ['required', 'guardrail'] as const;
export type ExternalRole = (typeof EXTERNAL_ROLES)[number];

/** What is held against the limit: the challenger's number, challenger minus champion, or challenger divided by champion. */
export const COMPARISONS = ['challenger', 'difference', 'ratio'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Which way is better: `lower` passes at or below the limit, `higher` at or above it. */
export const BETTER = ['lower', 'higher'] as const;
export type Better = (typeof BETTER)[number];

/** An instant query of the Prometheus HTTP API; `url` is the server's address, without /api/v1. */
export interface PrometheusQuestion { readonly kind: 'prometheus'; readonly url: string; readonly query: string }

/** One request that is answered with JSON; `value` and `timestamp` are paths into the answer, `timestamp` null where it does not say of when it is. */
export interface HttpQuestion {
  readonly kind: 'http';
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** JSON text. */
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
  readonly timestamp: string | null;
}
export type Question = PrometheusQuestion | HttpQuestion;
export const QUESTION_KINDS = ['prometheus', 'http'] as const satisfies readonly Question['kind'][];

/** The normal form of an entry of spec.externalMetrics: questions hold {{placeholders}} (question.ts). */
export interface ExternalMetric {
  readonly name: string;
  readonly role: ExternalRole;
  readonly question: Question;
  /** Name of credentials that the operator keeps for the worker; null: none are sent. */
  readonly credentials: string | null;
  readonly compare: Comparison;
  readonly better: Better;
  readonly limit: number;
  /** Beyond it a measurement has failed; between it and the limit it is inconclusive. Equal to the limit where the file names none. */
  readonly failBeyond: number;
  readonly initialDelayMs: number;
  readonly everyMs: number;
  /** Good measurements that a pass needs. */
  readonly count: number;
  /** Failed measurements in all that are let pass; one more ends the rollout. */
  readonly failureLimit: number;
  /** Inconclusive measurements in a row after which the rollout ends without a verdict; null: it waits for its horizon. */
  readonly inconclusiveLimit: number | null;
  /** A number that is older than this is stale. */
  readonly maxAgeMs: number;
  readonly timeoutMs: number;
}

/** Measurements so far apart are no more of one stretch: the newest must be younger for a pass. Twice the interval and what one may take. */
export function freshMs({ everyMs, timeoutMs }: Pick<ExternalMetric, 'everyMs' | 'timeoutMs'>): number { return 2 * everyMs + timeoutMs; }
