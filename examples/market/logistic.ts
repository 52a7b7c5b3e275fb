const { exp, abs, sqrt, max } = Math;

/** Logistic regression: weights for each feature and a bias, on the features as they come. */
export interface Logistic { readonly weights: readonly number[]; readonly bias: number }
export interface Example { readonly features: readonly number[]; readonly label: 0 | 1 }

/**
 * Newton's method (iteratively reweighted least squares) with a ridge penalty on the weights.
 * Features are standardised inside and the weights given back in their own units.
 */
export function trainLogistic(examples: readonly Example[], ridge = 1): Logistic {
  const size = examples[0]?.features.length ?? 0;
  const scale = standardisation(examples, size);
  const rows = examples.map(({ features }) => [...features.map((x, j) => (x - at(scale.mean, j)) / at(scale.deviation, j)), 1]);
  let weights = new Array<number>(size + 1).fill(0);
  for (let iteration = 0; iteration < 25; iteration += 1) {
    const delta = newtonStep(rows, examples, weights, ridge);
    weights = weights.map((w, j) => w + at(delta, j));
    if (max(...delta.map(abs)) < 1e-9) break;
  }
  const own = weights.slice(0, size).map((w, j) => w / at(scale.deviation, j));
  return { weights: own, bias: at(weights, size) - own.reduce((sum, w, j) => sum + w * at(scale.mean, j), 0) };
}

export function sigmoid(z: number): number { return 1 / (1 + exp(-z)); }

export function logisticScore(model: Logistic, features: readonly number[]): number {
  return sigmoid(features.reduce((sum, x, j) => sum + x * at(model.weights, j), model.bias));
}

function at(values: readonly number[], index: number): number { return values[index] ?? 0; }

function standardisation(examples: readonly Example[], size: number): { mean: number[]; deviation: number[] } {
  const mean = Array.from({ length: size }, (_, j) => examples.reduce((sum, e) => sum + at(e.features, j), 0) / examples.length);
  const deviation = mean.map((m, j) => sqrt(examples.reduce((sum, e) => sum + (at(e.features, j) - m) ** 2, 0) / examples.length) || 1);
  return { mean, deviation };
}

function newtonStep(rows: readonly (readonly number[])[], examples: readonly Example[], weights: readonly number[], ridge: number): number[] {
  const size = weights.length;
  const gradient = weights.map((w, j) => (j === size - 1 ? 0 : -ridge * w));
  const hessian = weights.map((_, j) => weights.map((__, k) => (j === k && j < size - 1 ? ridge : 0)));
  rows.forEach((x, i) => {
    const p = sigmoid(x.reduce((sum, value, j) => sum + value * at(weights, j), 0));
    const residual = (examples[i]?.label ?? 0) - p;
    const curvature = p * (1 - p);
    hessian.forEach((line, j) => {
      gradient[j] = at(gradient, j) + residual * at(x, j);
      line.forEach((value, k) => { line[k] = value + curvature * at(x, j) * at(x, k); });
    });
  });
  return solve(hessian, gradient);
}

/** Gaussian elimination with partial pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((line, i) => [...line, at(right, i)]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    const pivot = rows.slice(column).reduce((best, line, k) => (abs(at(line, column)) > abs(at(rows[best] ?? [], column)) ? column + k : best), column);
    [rows[column], rows[pivot]] = [rows[pivot] ?? [], rows[column] ?? []];
    const top = rows[column] ?? [];
    rows.forEach((line, i) => {
      if (i === column) return;
      const factor = at(line, column) / at(top, column);
      line.forEach((value, k) => { line[k] = value - factor * at(top, k); });
    });
  }
  return rows.map((line, i) => at(line, size) / at(line, i));
}
