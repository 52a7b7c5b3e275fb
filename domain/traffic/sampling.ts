import type { InferenceId } from '../ids.ts';
import { splitPoint } from './split.ts';

/**
 * Whether an inference is mirrored. By its id alone, so that the mirrored requests are a fair sample, the same for every variant;
 * independent of the split, which has salts of its own.
 */
export function isSampled(id: InferenceId, samplePer10k: number): boolean { return splitPoint('mirror', id) < samplePer10k; }
