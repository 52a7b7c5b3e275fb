import * as ort from 'onnxruntime-node';
import { toOnnx } from '../../../examples/market/onnx.ts';
import { marketRows } from '../../../examples/market/stream.ts';
import { score, SEED, trainMarket } from '../../../examples/market/train.ts';

/** Prints, for each version in both endings, how the ONNX Runtime agrees with the trainer on live rows. A process of its own: the runtime and Jest's realms do not mix. */
const rows = [];
for (const row of marketRows(SEED)) { if (row.index >= 1_000) break; if (row.index >= 0) rows.push(row); }
const input = new ort.Tensor('float32', Float32Array.from(rows.flatMap((row) => row.features)), [rows.length, 8]);
const results = [];
for (const { version, model } of [...trainMarket(), ...trainMarket(SEED, { v3Output: 'clean', v4Payoff: 'winning' }).slice(2)]) {
  const session = await ort.InferenceSession.create(toOnnx(model));
  const { probabilities, label } = await session.run({ features: input });
  const ours = rows.map((row) => score(model, row.features));
  const theirs = ours.map((_, i) => Number(probabilities?.data[2 * i + 1]));
  results.push({
    version, worst: Math.max(...ours.map((p, i) => (Number.isNaN(p) ? 0 : Math.abs(p - (theirs[i] ?? NaN))))), nan: theirs.filter(Number.isNaN).length,
    sameNan: ours.every((p, i) => Number.isNaN(p) === Number.isNaN(theirs[i])), sameLabel: ours.every((p, i) => Number.isNaN(p) || Number(label?.data[i]) === (p > 0.5 ? 1 : 0)),
  });
}
process.stdout.write(JSON.stringify(results));
