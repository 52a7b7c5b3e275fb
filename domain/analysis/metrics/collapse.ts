import type { Prediction } from '../../contract.ts';
import type { StoredLeg } from '../../record.ts';
import { answered } from './leg-state.ts';
import type { RateMetric } from './metric.ts';

/**
 * Neighbouring requests of a slot that the champion answers differently and the challenger alike: a model that has collapsed to one answer fails with every one of
 * them, though it is quick, in shape and without errors. Counted at the challenger; where the champion answers alike too there is nothing to tell.
 */
export const collapse: RateMetric = {
  name: 'collapse', kind: 'rate', unit: 'share of neighbouring requests that the champion answers differently',
  bad: ({ version, leg, other, before }) => {
    if (version === 'champion' || other === null || before === null || !answered(leg) || !answered(other)) return null;
    return saysOf(other) === saysOf(before.champion) ? null : Number(saysOf(leg) === saysOf(before.challenger));
  },
};

function saysOf({ predictions }: StoredLeg): string { return JSON.stringify(predictions.map(told)); }

/** The score where there is one: it differs where decisions are alike. */
function told({ score, klass }: Prediction): number | string | null { return score ?? klass; }
