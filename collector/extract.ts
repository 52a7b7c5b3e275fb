import { readAnswer } from '../domain/contract-reading.ts';
import type { Contract } from '../domain/contract.ts';
import { featuresOf, type FeatureColumn } from '../domain/drift/request-features.ts';
import { readJsonPath } from '../domain/json-path.ts';
import { NO_RULING_MS, type LegRecord, type StoredLeg } from '../domain/record.ts';

export interface Reader { readonly contract: Contract; readonly clock: 'gateway' | 'event'; readonly keepInputs: boolean; readonly segments: Segments | null; /** Columns of the inputs whose values are kept as codes; none where drift is not watched. */ readonly columns: readonly FeatureColumn[] }

/** Where a request says its segment, and which values are judged. */
export interface Segments { readonly path: readonly (string | number)[]; readonly values: ReadonlySet<string> }

/** Text kept of an answer and of a request, for the record view. */
const KEPT_CHARACTERS = 4_096;

/** A raw leg as it is stored: what the contract sees in the answer, and the time that rules it. Pure. */
export function extractLeg(record: LegRecord, { contract, clock, keepInputs, segments, columns }: Reader, receivedAtMs: number): StoredLeg {
  return {
    ...withoutVersion(record), ...readLeg(record, contract), receivedAtMs,
    rulingMs: clock === 'gateway' ? record.atMs : record.eventMs ?? NO_RULING_MS,
    response: capped(record.response), request: keepInputs ? capped(record.request) : null, ...readRequest(record, segments, columns),
  };
}

/** The version is of the wire; a stored leg has the store's own. */
function withoutVersion(record: LegRecord): Omit<LegRecord, 'v'> {
  const leg: Partial<LegRecord> = { ...record };
  Reflect.deleteProperty(leg, 'v');
  return leg as Omit<LegRecord, 'v'>;
}

/** A failed call has no answer to read, and one over the cap cannot be read; an answer that is absent without a reason is off contract. */
function readLeg({ status, error, response, unscored }: LegRecord, contract: Contract): Pick<StoredLeg, 'predictions' | 'offContract'> {
  if (error !== null || status < 200 || status >= 300 || unscored !== null) return { predictions: [], offContract: null };
  if (response === null) return { predictions: [], offContract: 'unparsable' };
  const reading = readAnswer(contract, response);
  return reading.ok ? { predictions: reading.predictions, offContract: null } : { predictions: [], offContract: reading.reason };
}

/** Read, then dropped where inputs are not kept. A request that is no JSON has none. */
function readRequest({ request }: LegRecord, segments: Segments | null, columns: readonly FeatureColumn[]): Pick<StoredLeg, 'segment' | 'features'> {
  if (request === null || (segments === null && columns.length === 0)) return {};
  try {
    const parsed: unknown = JSON.parse(request);
    const segment = segments === null ? null : readJsonPath(parsed, segments.path);
    const features = featuresOf(parsed, columns);
    return { ...(segment !== null && segments?.values.has(segment) === true ? { segment } : {}), ...(features === null ? {} : { features }) };
  } catch {
    return {};
  }
}

function capped(text: string | null): string | null {
  return text === null || text.length <= KEPT_CHARACTERS ? text : text.slice(0, KEPT_CHARACTERS);
}
