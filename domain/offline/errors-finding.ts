import { deviation, momentsOf } from '../analysis/stats/moments.ts';
import type { FileFinding } from './file-verdict.ts';
import { strictBounds, type NullMeans } from './mean-bounds.ts';
import type { PairedRow } from './paired-rows.ts';

/** Failures that a challenger may have more than the champion, as a share of rows, where errors are a guardrail. */
export const ERROR_MARGIN = 0.01;
const GUARDRAIL: NullMeans = { pass: -ERROR_MARGIN, harm: -ERROR_MARGIN };

/** Failed answers: champion's minus challenger's, so that larger is better. A row that both failed is the caller's mistake or nobody's: d = 0. */
export function errorsFinding(rows: readonly PairedRow[], alpha: number, nulls: NullMeans = GUARDRAIL): FileFinding {
  const values = rows.map(({ championError, challengerError }) => Number(championError) - Number(challengerError));
  const moments = momentsOf(values);
  const share = (pick: (row: PairedRow) => boolean): number | null => (rows.length === 0 ? null : rows.filter(pick).length / rows.length);
  return {
    name: 'errors', n: values.length, blocks: values.length, champion: share(({ championError }) => championError), challenger: share(({ challengerError }) => challengerError), difference: values.length === 0 ? null : moments.mean,
    ...strictBounds(values, nulls, { range: { lo: -1, hi: 1 }, lossBound: null, blockSize: 1, vOpt: null, alpha }),
    deviation: deviation(moments), discordant: values.filter((d) => d !== 0).length, worstBlock: null,
  };
}
