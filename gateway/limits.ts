/** What one gateway process spends on a request, a mirror and a record. Bytes and milliseconds. */
export interface Limits {
  readonly bodyBytes: number;
  readonly headersMs: number;
  readonly requestMs: number;
  /** From the whole request at hand to the whole answer of the serving variant, retry included. */
  readonly servingMs: number;
  readonly answerBytes: number;
  readonly servingConnections: number;
  /** Mirrors under way to one variant; more wait, as long as bytes and their deadline allow. */
  readonly mirrorsPerVariant: number;
  readonly mirrorBytes: number;
  /** Failures to connect in a row after which a challenger is asked by one copy at a time, and how often. */
  readonly mirrorBreaker: { readonly failures: number; readonly openMs: number };
  /** Kept text of one answer or request; longer ones count as unscored. */
  readonly recordTextBytes: number;
  readonly recordQueueBytes: number;
  readonly drainMs: number;
  readonly flushMs: number;
  /** At start: how long to try for a table before onLostControl rules. */
  readonly firstSyncMs: number;
}

export const LIMITS: Limits = {
  bodyBytes: 16 * 1024 * 1024, headersMs: 10_000, requestMs: 30_000, servingMs: 30_000, answerBytes: 64 * 1024 * 1024, servingConnections: 128,
  mirrorsPerVariant: 32, mirrorBytes: 64 * 1024 * 1024, mirrorBreaker: { failures: 5, openMs: 1_000 }, recordTextBytes: 64 * 1024, recordQueueBytes: 64 * 1024 * 1024,
  drainMs: 10_000, flushMs: 5_000, firstSyncMs: 3_000,
};
