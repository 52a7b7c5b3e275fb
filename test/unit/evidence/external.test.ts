import { sampleExternalMetric, sampleMeasurement } from '../../../conformance/stores/measurement-store.ts';
import { signatureCheck } from '../../../config/signing.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { explainForEngineer, explainForOwner } from '../../../domain/analysis/explain.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { notMeasured } from '../../../domain/analysis/not-measured.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import { bundleText, type BundleParts } from '../../../domain/evidence/bundle.ts';
import { verifyBundle, type BundleCheck } from '../../../domain/evidence/verify.ts';
import { pagesUpTo, tallyOf } from '../../../domain/external/measurement-page.ts';
import type { Measurement } from '../../../domain/external/measurement.ts';
import { CONFUSION, DEPLOYMENT, TENANT } from '../../support/analysis-arbitraries.ts';
import { BLOCKS, NOW, PLAN, ROLLOUT_RECORD, sealedWith, VERDICT } from '../../support/sealed-evidence.ts';
import { newSigningKey } from '../../support/signed-audit.ts';

/** The promoted rollout of the evidence tests, with two numbers of other systems beside its metrics. */
const CONVERSION = sampleExternalMetric({ inconclusiveLimit: 2 });
const ORDERS = sampleExternalMetric({ name: 'orders', role: 'required', better: 'higher', limit: 5, failBeyond: 5, count: 1 });
const plan = { ...PLAN, external: [CONVERSION, ORDERS] };
const AT = NOW + 5;
const of = (metric: string, values: readonly (number | null)[]): readonly Measurement[] => values.map((value, i) => sampleMeasurement({ tenant: TENANT, uid: DEPLOYMENT }, 95 + i, { metric, atMs: AT - 1_000, challenger: value === null ? { none: 'no-series', text: 'the query finds no series' } : { value, sampleMs: AT - 2_000 } }));
const GOOD = [...of('conversion', [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]), ...of('orders', [7])];

function judged(measurements: readonly Measurement[]): Verdict {
  const external = plan.external.flatMap((metric) => pagesUpTo(metric, measurements.filter((each) => each.metric === metric.name), Infinity)).map(tallyOf);
  const verdict = judge({ plan, evidence: evidenceOf(BLOCKS), external, progress: null, value: CONFUSION, rulingMs: NOW, atMs: AT, n: 3 });
  return { ...verdict, dropRatio: VERDICT.dropRatio, notMeasured: notMeasured(plan, verdict, VERDICT.dropRatio) };
}
const key = newSigningKey();
const verify = (parts: Partial<BundleParts>): BundleCheck => verifyBundle(bundleText(sealedWith(key, { plan, verdict: judged(GOOD), measurements: GOOD, ...parts })), (own) => signatureCheck([own]));

test('all proofs and all numbers together promote, and the reason names both', () => {
  const verdict = judged(GOOD);
  expect([verdict.kind, verdict.external?.map(({ state }) => state)]).toEqual(['promote', ['pass', 'pass']]);
  expect(verdict.reasons[0]!.text).toMatch(/every guardrail is proved to be within its limit, and conversion, orders measured so\.$/);
  expect(verdict.notMeasured).toContain('conversion: held against its limit as measured elsewhere, without a claim of how likely chance is');
  expect(verdict.evidenceHash).not.toBe(VERDICT.evidenceHash);
  expect(verdict.findings).toEqual(VERDICT.findings);
});

test.each<[string, readonly Measurement[], string, readonly string[]]>([
  ['no measurement at all', [], 'collecting', ['no-data conversion', 'no-data orders']],
  ['one of them unknown', of('conversion', [0.5, 0.5, 0.5, 0.5, 0.5]), 'collecting', ['no-data orders']],
  ['one of them not often enough', [...of('conversion', [0.5, 0.5]), ...of('orders', [7])], 'collecting', ['not-enough-evidence conversion']],
  ['a guardrail beyond its limit', [...of('conversion', [0.5, 1.5]), ...of('orders', [7])], 'rollback', ['guardrail conversion']],
  ['a requirement that is missed', [...of('conversion', [0.5]), ...of('orders', [4])], 'rollback', ['requirement orders']],
  ['unknown for too long', [...of('conversion', [0.5, null, null, null]), ...of('orders', [7])], 'inconclusive', ['not-judged conversion']],
])('%s is no promotion, whatever is proved', (_name, measurements, kind, reasons) => {
  const verdict = judged(measurements);
  expect([verdict.kind, verdict.reasons.map(({ code, metric }) => `${code} ${String(metric)}`)]).toEqual([kind, reasons]);
});

test('measurements of another rollout are a defect', () => {
  const foreign = pagesUpTo(CONVERSION, of('conversion', [0.5]).map((each) => ({ ...each, rolloutId: 'dep_1/9' })), Infinity);
  expect(() => judge({ plan, evidence: evidenceOf(BLOCKS), external: foreign, progress: null, value: null, rulingMs: NOW, atMs: AT, n: 1 })).toThrow('was handed to the judge of');
});

test('both explanations tell it in their words', () => {
  const deployment = { tenantId: TENANT, uid: DEPLOYMENT, name: 'churn', specHash: 'sha256:0', createdAtMs: 0, updatedAtMs: 0, status: { revision: 1, phase: 'serving' as const, champion: null, challenger: null, activeRollout: null, rolloutCount: 1, lastVerdict: null, lastGood: [], pinnedBy: null, message: '' } };
  const explained = (measurements: readonly Measurement[]) => ({ deployment, rollout: { ...ROLLOUT_RECORD, state: { ...ROLLOUT_RECORD.state, outcome: 'rolled-back' as const } }, verdict: judged(measurements), progress: null });
  expect(explainForEngineer(explained(GOOD))).toContain("orders (external required): pass; the challenger's number is 7, allowed is at least 5; 1 good measurements.");
  expect(explainForOwner(explained([...of('conversion', [0.5]), ...of('orders', [4])]))).toContain('A number that it had to reach outside of the model was not reached.');
  expect(explainForOwner(explained(of('conversion', [1.5])))).toContain('It broke one of its limits.');
});

describe('a bundle', () => {
  test('carries the measurements, and the judge asked again says the same to the last digit', () => {
    const checked = verify({});
    expect(checked).toMatchObject({ problems: [], rejudged: { state: 'same' } });
    expect(checked.parts?.measurements).toEqual(GOOD);
  });

  test('rests on what was measured up to the verdict', () => {
    expect(verify({ verdict: judged(GOOD.filter(({ slot }) => slot < 100)), measurements: GOOD.filter(({ slot }) => slot < 100) })).toMatchObject({ problems: [], rejudged: { state: 'same' } });
    expect(verify({ verdict: judged(GOOD.filter(({ slot }) => slot < 100)) })).toMatchObject({ problems: [], rejudged: { state: 'same' } });
  });

  test.each<[string, Partial<BundleParts>]>([
    ['a measurement left out', { measurements: GOOD.slice(1) }],
    ['a number changed', { measurements: GOOD.map((each, i) => (i === 2 ? { ...each, challenger: { value: 0.500001, sampleMs: AT - 2_000 } } : each)) }],
    ['a time changed', { measurements: GOOD.map((each, i) => (i === 2 ? { ...each, atMs: each.atMs - 1 } : each)) }],
    ['no measurements', { measurements: [] }],
    ['another state', { verdict: { ...judged(GOOD), external: judged(GOOD).external!.map((finding) => ({ ...finding, failureLimit: 9 })) } }],
  ])('sealed with the right key, %s is still found', (_what, change) => { expect(verify(change).problems.map(({ where }) => where)).toEqual(['verdict']); });

  test('a changed measurement in a sealed file is named', () => {
    const sealed = sealedWith(key, { plan, verdict: judged(GOOD), measurements: GOOD });
    const text = bundleText({ ...sealed, parts: { ...sealed.parts, measurements: { ...sealed.parts.measurements, value: [] } } });
    expect(verifyBundle(text, (own) => signatureCheck([own])).problems.map(({ where }) => where)).toContain('measurements');
    const gone: Record<string, unknown> = { ...sealed.parts };
    delete gone.measurements;
    expect(verifyBundle(bundleText({ ...sealed, parts: gone }), (own) => signatureCheck([own])).problems.map(({ where }) => where)).toContain('root');
  });
});
