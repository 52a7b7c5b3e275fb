import type { StoredLeg } from '../../record.ts';

/** No answer came: an error of transport or time, or a status that is not 2xx. */
export function failed({ error, status }: StoredLeg): boolean { return error !== null || !(status >= 200 && status < 300); }

/** An answer came, but the contract cannot read it: off contract, too large to keep, in a form that is not JSON, or without rows. */
export function unreadable({ offContract, unscored, predictions }: StoredLeg): boolean {
  return offContract !== null || unscored !== null || predictions.length === 0;
}

export function answered(leg: StoredLeg): boolean { return !failed(leg) && !unreadable(leg); }

const OUR_FAULT = [408, 429];
/** The request itself was refused (4xx): the caller's fault where both versions say so. */
export function refusedRequest({ status }: StoredLeg): boolean { return status >= 400 && status < 500 && !OUR_FAULT.includes(status); }
