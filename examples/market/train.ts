import { FEATURES, HISTORY_FROM_ROW, marketRows, OUTCOME_DELAY_ROWS, REGIME_CHANGE_ROW, type MarketRow } from './stream.ts';
import { logisticScore, sigmoid, trainLogistic, type Example, type Logistic } from './logistic.ts';
import { stumpsMargin, stumpsScore, trainStumps, type Stumps } from './stumps.ts';

export const SEED = 7;
const IMBALANCE = FEATURES.indexOf('imbalance');
/** The log term of version 3 is undefined where the imbalance is at or below minus this. */
export const LOG_OFFSET = 1.5;

/** Stumps, and a term in the logarithm of the imbalance: margin = stumpsWeight * stumps + logWeight * log(LOG_OFFSET + imbalance) + bias. */
export interface LogStumps { readonly stumps: Stumps; readonly stumpsWeight: number; readonly logWeight: number; readonly bias: number; readonly guarded: boolean }

export type MarketModel = { readonly kind: 'logistic'; readonly model: Logistic } | { readonly kind: 'stumps'; readonly model: Stumps } | { readonly kind: 'log-stumps'; readonly model: LogStumps };
export interface TrainedVersion { readonly version: '1' | '2' | '3' | '4'; readonly about: string; readonly trainedOn: number; readonly model: MarketModel }

/** What a test may change, so that the story has another ending. */
export interface Changes { readonly v3Output: 'nan' | 'clean'; readonly v4Payoff: 'losing' | 'winning' }
export const AS_TOLD: Changes = { v3Output: 'nan', v4Payoff: 'losing' };

/** Four versions, trained on nothing but rows whose outcome was known before row 0. The same seed and changes give the same models. */
export function trainMarket(seed: number = SEED, changes: Changes = AS_TOLD): readonly TrainedVersion[] {
  const history = historyRows(seed);
  const before = history.filter((row) => row.index < REGIME_CHANGE_ROW);
  const after = history.filter((row) => row.index >= REGIME_CHANGE_ROW);
  const outcome = (row: MarketRow): Example => ({ features: row.features, label: row.outcome });
  return [
    { version: '1', about: 'logistic regression on the market before the change', trainedOn: before.length, model: { kind: 'logistic', model: trainLogistic(before.map(outcome)) } },
    { version: '2', about: 'boosted stumps on the market after the change', trainedOn: after.length, model: { kind: 'stumps', model: trainStumps(after.map(outcome)) } },
    { version: '3', about: changes.v3Output === 'nan' ? 'version 2 with the logarithm of a number that can be negative' : 'version 2 with a guarded logarithm', trainedOn: after.length, model: { kind: 'log-stumps', model: trainLogStumps(after.map(outcome), changes.v3Output === 'clean') } },
    lastVersion(after, changes),
  ];
}

/** Version 4 learned "does the price rise at all", the outcome as it was defined before costs were counted. */
function lastVersion(after: readonly MarketRow[], { v4Payoff }: Changes): TrainedVersion {
  const winning = v4Payoff === 'winning';
  const examples = after.map((row): Example => ({ features: row.features, label: winning ? row.outcome : row.moveBps > 0 ? 1 : 0 }));
  return {
    version: '4', about: winning ? 'more stumps on the same outcome' : 'stumps on the outcome as it was defined before costs were counted', trainedOn: after.length,
    model: { kind: 'stumps', model: trainStumps(examples, winning ? { rounds: 160, rate: 0.1 } : {}) },
  };
}

function historyRows(seed: number): readonly MarketRow[] {
  const rows: MarketRow[] = [];
  for (const row of marketRows(seed)) {
    if (row.index >= -OUTCOME_DELAY_ROWS) break;
    if (row.index >= HISTORY_FROM_ROW) rows.push(row);
  }
  return rows;
}

/** Rows where the logarithm is undefined are dropped before training, which is how the hole stays unseen. */
function trainLogStumps(examples: readonly Example[], guarded: boolean): LogStumps {
  const defined = examples.filter((example) => (example.features[IMBALANCE] ?? 0) > -LOG_OFFSET);
  const stumps = trainStumps(defined);
  const { weights, bias } = trainLogistic(defined.map(({ features, label }) => ({ label, features: [stumpsMargin(stumps, features), logTerm(features, guarded)] })));
  return { stumps, stumpsWeight: weights[0] ?? 1, logWeight: weights[1] ?? 0, bias, guarded };
}

/** Guarded: log(max(LOG_OFFSET + imbalance, 0) + 0.01). */
function logTerm(features: readonly number[], guarded: boolean): number {
  const distance = LOG_OFFSET + (features[IMBALANCE] ?? 0);
  return Math.log(guarded ? Math.max(distance, 0) + GUARD : distance);
}
export const GUARD = 0.01;

/** Probability that buying pays; NaN where the model has its hole. */
export function score(of: MarketModel, features: readonly number[]): number {
  if (of.kind === 'logistic') return logisticScore(of.model, features);
  if (of.kind === 'stumps') return stumpsScore(of.model, features);
  const { stumps, stumpsWeight, logWeight, bias, guarded } = of.model;
  return sigmoid(stumpsWeight * stumpsMargin(stumps, features) + logWeight * logTerm(features, guarded) + bias);
}
