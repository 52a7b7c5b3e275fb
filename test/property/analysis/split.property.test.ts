import { draftPlan } from '../../../domain/analysis/drafting.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { foldMetric } from '../../../domain/analysis/fold.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import { uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import type { Label, StoredLeg } from '../../../domain/record.ts';
import { BINARY, block, CONFUSION, DAY, draftInput, label, leg, rateSums, scores, specOf, START } from '../../support/analysis-arbitraries.ts';

/** A request that chance sent to one version, at the challenger's share. */
function drawn(id: string, version: 'champion' | 'challenger', per10k: number): StoredLeg {
  return leg(id, version, { role: version, assignmentPer10k: version === 'challenger' ? per10k : 10_000 - per10k, ...scores(0.9) });
}

/** Sixty days of split traffic at a share that grows, where what is asked gets harder as it grows. */
function trial(seed: number, gain: number): ReturnType<typeof judge> {
  const random = uniforms(seed);
  const draft = draftPlan({ ...draftInput(), spec: specOf({ rollout: { compare: 'split' } }) });
  const blocks = Array.from({ length: 90 * 4 }, (_, slot) => {
    const per10k = slot < 180 ? 1_000 : 5_000;
    const right = slot % 4 < 2 ? 0.8 : 0.5 - (slot < 180 ? 0 : 0.1);
    const legs: StoredLeg[] = [];
    const labels: Label[] = [];
    for (let i = 0; i < 120; i += 1) {
      const id = `inf_${String(slot)}_${String(i)}`;
      const version = random() * 10_000 < per10k ? 'challenger' : 'champion';
      legs.push(drawn(id, version, per10k));
      labels.push(label(id, random() < right + (version === 'challenger' ? gain : 0) ? 1 : 0));
    }
    return block(draft, 'accuracy', START / (DAY / 4) + slot, foldMetric({ metric: 'accuracy', plan: draft, contract: BINARY, value: CONFUSION, legs, labels }));
  });
  const fixed = fixPlan(draft, blocks)!;
  const rates = fixed.metrics.filter(({ kind }) => kind === 'rate').map(({ name, tauMs }) => block(fixed, name, Math.floor(START / tauMs), rateSums({ n: 0, bad: 0 }, { champion: { n: 9_000, bad: 0 }, challengerServing: { n: 3_000, bad: 0 } })));
  return judge({ plan: fixed, evidence: evidenceOf([...blocks, ...rates]), progress: null, value: CONFUSION, rulingMs: START + 95 * DAY, atMs: 1, n: 1 });
}

test('a version that is better is promoted on split traffic, one that is worse is rolled back, and one that is as good is neither, however the share moves with the traffic', () => {
  expect(trial(1, 0.15)).toMatchObject({ kind: 'promote', reasons: [{ code: 'proved-better', metric: 'accuracy' }] });
  expect(trial(2, -0.2)).toMatchObject({ kind: 'rollback', reasons: [{ code: 'proved-worse' }] });
  for (const seed of [3, 4, 5]) expect(trial(seed, 0)).toMatchObject({ kind: 'collecting' });
});
