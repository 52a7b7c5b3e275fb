import type { StoredLeg } from '../record.ts';
import type { Label } from '../record.ts';
import type { InferenceId } from '../ids.ts';

/** Champion and challenger on the same request, with the outcome as far as it is known. The unit is the inference (cluster), not the row. */
export interface Pair {
  readonly inferenceId: InferenceId;
  readonly rulingMs: number;
  readonly champion: StoredLeg;
  readonly challenger: StoredLeg;
  /** By row. */
  readonly labels: ReadonlyMap<number, Label>;
}
