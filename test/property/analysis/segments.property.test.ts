import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import { draftPlan } from '../../../domain/analysis/drafting.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { block, CONFUSION, DAY, draftInput, healthy, metricPolicy, pairedSums, specOf, START } from '../../support/analysis-arbitraries.ts';

test('of twenty segments without harm, at the margin each, a false alarm is as rare as one test for harm may be wrong', () => {
  const { spec, ...file } = specOf({ metrics: [metricPolicy('accuracy')], rollout: { pilotCycles: 0 } });
  const many = fixPlan(draftPlan({ ...draftInput(), spec: { ...file, spec: { ...spec, segments: { jsonPath: '$.parameters.region', values: Array.from({ length: 20 }, (_, i) => `s${String(i)}`), margin: 0 } } } }), [])!;
  const ask = (blocks: Parameters<typeof evidenceOf>[0]) => judge({ plan: many, evidence: evidenceOf([...blocks, ...healthy(many)]), progress: null, value: CONFUSION, rulingMs: START + 100 * DAY, atMs: 1, n: 1 });
  const runs = 60;
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const z = normals(run + 1);
    const blocks = many.segments!.metrics.flatMap(({ name }) => Array.from({ length: 160 }, (_, i) => block(many, name, many.evidenceFromMs! / (DAY / 4) + i, pairedSums(Math.max(-1, Math.min(1, 0.2 * z()))))));
    alarms += Number([10, 20, 40].some((n) => ask(blocks.filter(({ slot }) => slot < many.evidenceFromMs! / (DAY / 4) + n * 4)).segments!.some(({ state }) => state === 'worse')));
  }
  expect(alarms / runs).toBeLessThanOrEqual(0.05);
});
