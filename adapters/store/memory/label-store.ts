import type { Label } from '../../../domain/record.ts';
import type { LabelStore } from '../../../ports/label-store.ts';
import { compareLabels, holderAt, isRepeat } from '../label-history.ts';
import { createTable, keyOf } from './table.ts';

export function createLabelStore(): LabelStore {
  const histories = createTable<readonly Label[]>();
  const byInference = createTable<readonly string[]>();
  const of = (tenant: string, uid: string, id: string): (readonly Label[])[] => (byInference.get(keyOf(tenant, uid, id)) ?? []).map((key) => histories.get(key) ?? []);

  const putOne = (label: Label): 'accepted' | 'repeated' | 'revised' => {
    const inference = keyOf(label.tenantId, label.deploymentUid, label.inferenceId);
    const key = keyOf(label.tenantId, label.deploymentUid, label.inferenceId, label.row);
    const known = histories.get(key);
    if (known !== null && isRepeat(known, label)) return 'repeated';
    histories.set(key, [...(known ?? []), label]);
    if (known !== null) return 'revised';
    byInference.set(inference, [...(byInference.get(inference) ?? []), key]);
    return 'accepted';
  };

  return {
    async put(labels) {
      const receipt = { accepted: 0, repeated: 0, revised: 0 };
      for (const label of labels) receipt[putOne(label)] += 1;
      return receipt;
    },
    async asOf(tenant, uid, ids, asOfMs) {
      const held = [...new Set(ids)].flatMap((id) => of(tenant, uid, id)).map((history) => holderAt(history, asOfMs));
      return held.filter((label) => label !== null).sort(compareLabels);
    },
    async history(tenant, uid, id) { return of(tenant, uid, id).flat().sort(compareLabels); },
    async count(tenant, uid) { return histories.filter(([first]) => first?.tenantId === tenant && first.deploymentUid === uid).length; },
  };
}
