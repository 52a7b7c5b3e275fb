import { LastmileError } from '../errors.ts';
import { eBenjaminiHochberg } from '../analysis/stats/false-discovery.ts';
import { momentsOf } from '../analysis/stats/moments.ts';
import type { Range } from '../value/payoff.ts';
import { MEAN_METRICS } from './mean-metrics.ts';
import { eValue, type SegmentFinding } from './file-verdict.ts';
import { blockMeans, boundsOf, type Differences, type Level } from './mean-finding.ts';
import type { JudgeOptions } from './options.ts';

/** More would be ids, not segments. */
export const MOST_SEGMENTS = 200;

/** Each declared segment as the whole is judged; which of them are proved worse, at false discovery rate harmAlpha for any dependence between them (e-BH). */
export function segmentFindings({ judged }: Differences, options: JudgeOptions, level: Level & { readonly harmAlpha: number }): readonly SegmentFinding[] {
  const bySegment = new Map<string, number[]>();
  for (const { segment, d } of judged) if (segment !== null) groupOf(bySegment, segment).push(d);
  const range: Range | null = options.range ?? MEAN_METRICS.find(({ name }) => name === options.metric)?.range(options) ?? null;
  const found = [...bySegment].sort(([a], [b]) => (a < b ? -1 : 1)).map(([segment, values]) => {
    const blocks = blockMeans(values, level.blockSize);
    const { lower, upper, logWorse } = boundsOf(blocks, range, options, level);
    return { segment, n: values.length, difference: blocks.length === 0 ? null : momentsOf(blocks).mean, lower, upper, eWorse: eValue(logWorse) };
  });
  const worse = eBenjaminiHochberg(found.map(({ eWorse }) => eWorse), level.harmAlpha);
  return found.map((finding, i) => ({ ...finding, worse: worse[i] === true }));
}

function groupOf(groups: Map<string, number[]>, segment: string): number[] {
  const known = groups.get(segment);
  if (known !== undefined) return known;
  if (groups.size >= MOST_SEGMENTS) throw new LastmileError('LM_INVALID_REQUEST', `The column segment has more than ${MOST_SEGMENTS} values: it names rows, not segments.`);
  const made: number[] = [];
  groups.set(segment, made);
  return made;
}
