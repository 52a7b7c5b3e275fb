import type { Count, MicroBlock, RateSums, ShareSums } from './blocks.ts';

/**
 * A block as a line of text: metric, slot, state and every sum in a fixed order, numbers as ECMAScript writes them (as RFC 8785 does), but −0 with its sign.
 * What digests of evidence are made of, and what a closed page keeps. When a block was sealed is left out: the same evidence has the same digest however it was gathered.
 */
export function blockLine({ metric, slot, state, sums }: MicroBlock): string { return `${metric} ${slot} ${state} ${numbersOf(sums).map(written).join(' ')}\n`; }

/** The block of a line, but for its time and whose it is: the counterpart for the kinds that are kept as lines. */
export function readLine(kind: 'rate' | 'share', line: string): Pick<MicroBlock, 'metric' | 'slot' | 'state' | 'sums'> {
  const [metric = '', slot, state, ...numbers] = line.split(' ');
  const values = numbers.filter((text) => text !== '').map(Number);
  return { metric, slot: Number(slot), state: state === 'short' ? 'short' : 'sealed', sums: kind === 'rate' ? rateOf(values) : shareOf(values) };
}

function numbersOf(sums: MicroBlock['sums']): readonly number[] {
  switch (sums.kind) {
    case 'paired': {
      const { n, needed, labelled, pairs, mean, m2, min, max, championMean, challengerMean, scored = n, weight } = sums;
      return [n, needed, labelled, pairs, mean, m2, min, max, championMean, challengerMean, scored, ...(weight === undefined ? [] : [weight])];
    }
    case 'rate': return [sums.champion, sums.challengerServing, sums.challengerShadow, sums.championShadow].flatMap(countOf);
    case 'share': return sums.cells.flatMap(({ challengerPer10k, challenger, total }) => [challengerPer10k, challenger, total]);
  }
}

function countOf({ n, bad }: Count): readonly number[] { return [n, bad]; }
function written(value: number): string { return Object.is(value, -0) ? '-0' : String(value); }

function rateOf(values: readonly number[]): RateSums {
  const count = (i: number): Count => ({ n: values[2 * i] ?? Number.NaN, bad: values[2 * i + 1] ?? Number.NaN });
  return { kind: 'rate', champion: count(0), challengerServing: count(1), challengerShadow: count(2), championShadow: count(3) };
}

function shareOf(values: readonly number[]): ShareSums {
  return { kind: 'share', cells: Array.from({ length: values.length / 3 }, (_, i) => ({ challengerPer10k: values[3 * i] ?? Number.NaN, challenger: values[3 * i + 1] ?? Number.NaN, total: values[3 * i + 2] ?? Number.NaN })) };
}
