import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLogistic, type LogisticModel } from '../../artifact/onnx/write.ts';

/** What is true: the label is 1 where this says more than one half. */
export const GOOD: LogisticModel = { weights: [0.8, -1.3, 0.05], intercept: 0.2, means: [1, 2, 40], scales: [2, 0.5, 10] };
export const INVERTED: LogisticModel = { ...GOOD, weights: GOOD.weights.map((weight) => -weight), intercept: -GOOD.intercept };
/** NaN for every row that the traffic sends. */
export const WITH_HOLE: LogisticModel = { ...GOOD, nanAbove: { feature: 0, threshold: -1_000 } };

/** The graph is named by the version, so that each has bytes of its own. */
export function publish(registryDir: string, of: { readonly name: string; readonly version: string; readonly model: LogisticModel }): void {
  const folder = join(registryDir, of.name, of.version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), writeLogistic({ ...of.model, name: `${of.name}-${of.version}` }));
}
