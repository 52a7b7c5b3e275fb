import type { Answers, AnsweredRow, SlotMetric } from './metric.ts';

/**
 * Normalised discounted cumulated gain: how well a request's rows are ranked by their scores, averaged over the requests of a slot (Järvelin and Kekäläinen, ACM TOIS 20
 * (2002)): Σ rel/log2(1 + rank) over the same sum in the best order. Relevance is the row's outcome: 1 for the positive class, or the outcome itself where it is a number,
 * at least 0. Rows with one score share the discounts of their ranks (McSherry and Najork, ECIR 2008). A request without relevant rows says nothing; one without any
 * usable answer counts 0.
 */
export const ndcg: SlotMetric = {
  name: 'ndcg', kind: 'paired', by: 'slot', needsOutcomes: true, countsFailures: false, unit: 'normalised gain of the ranking, by slot',
  range: ({ contract }) => contract.task === 'multiclass' ? 'is for rows that are ranked, and the task is multiclass' : contract.score === null ? 'needs contract.score, the output that is ranked' : { lo: -1, hi: 1 },
  usable: ({ score }) => score !== null && Number.isFinite(score),
  values: (ours, theirs) => {
    const [champion, challenger] = [meanGain(ours), meanGain(theirs)];
    return champion === null || challenger === null ? null : { champion, challenger };
  },
};

function meanGain({ rows }: Answers): number | null {
  const requests = new Map<number, AnsweredRow[]>();
  for (const row of rows) {
    const known = requests.get(row.request);
    if (known === undefined) requests.set(row.request, [row]);
    else known.push(row);
  }
  const gains = [...requests.values()].map(gainOf).filter((gain) => gain !== null);
  return gains.length === 0 ? null : gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
}

/** 0 … 1; null without anything relevant. */
function gainOf(rows: readonly AnsweredRow[]): number | null {
  if (rows.every(({ prediction }) => prediction === null)) return 0;
  const ideal = rows.map(relevance).sort((a, b) => b - a).reduce((sum, gain, i) => sum + gain * discount(i), 0);
  return ideal === 0 ? null : Math.min(1, discounted(rows) / ideal);
}

/** A row without a usable prediction comes last. */
function discounted(rows: readonly AnsweredRow[]): number {
  const byScore = rows.map((row) => ({ score: row.prediction?.score ?? -Infinity, gain: relevance(row) })).sort((a, b) => (a.score === b.score ? 0 : a.score < b.score ? 1 : -1));
  let total = 0;
  for (let from = 0; from < byScore.length;) {
    const score = byScore[from]?.score;
    let [to, gains, discounts] = [from, 0, 0];
    while (to < byScore.length && byScore[to]?.score === score) { gains += byScore[to]?.gain ?? 0; discounts += discount(to); to += 1; }
    total += (gains / (to - from)) * discounts;
    from = to;
  }
  return total;
}

function relevance({ outcome }: AnsweredRow): number { return typeof outcome === 'number' ? Math.max(0, outcome) : 0; }
/** Of the place after `before` others. */
function discount(before: number): number { return 1 / Math.log2(before + 2); }
