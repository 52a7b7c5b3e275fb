import { momentsOf } from './moments.ts';

/** Numerator y and denominator x of one observation: a request, or a block of them. */
export interface RatioPart { readonly y: number; readonly x: number }

export interface RatioDifference {
  readonly champion: number;
  readonly challenger: number;
  /** Of each observation, with mean 0: what it adds to the difference of the ratios, to first order. */
  readonly influence: readonly number[];
}

/** Σy/Σx. NaN without denominators. */
export function ratioOf(parts: readonly RatioPart[]): number { return sum(parts, ({ y }) => y) / sum(parts, ({ x }) => x); }

/**
 * A ratio metric of two versions on the same observations, linearised (delta method; Deng, Knoblich, Lu, KDD 2018, arXiv 1803.06336): observation i adds
 * (y_b − R_b x_b)/x̄_b − (y_a − R_a x_a)/x̄_a to R_b − R_a, so that its spread is that of the difference, pairing included. NaN without denominators.
 */
export function ratioDifference(champion: readonly RatioPart[], challenger: readonly RatioPart[]): RatioDifference {
  const [old, young] = [linearised(champion), linearised(challenger)];
  return { champion: ratioOf(champion), challenger: ratioOf(challenger), influence: young.map((value, i) => value - (old[i] ?? NaN)) };
}

function linearised(parts: readonly RatioPart[]): readonly number[] {
  const ratio = ratioOf(parts);
  const { mean } = momentsOf(parts.map(({ x }) => x));
  return parts.map(({ y, x }) => (y - ratio * x) / mean);
}

function sum(parts: readonly RatioPart[], of: (part: RatioPart) => number): number { return parts.reduce((total, part) => total + of(part), 0); }
