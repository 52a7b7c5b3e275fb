import assert from 'node:assert/strict';
import { tallyOf, withMeasurement, type MeasurementPage } from '../../domain/external/measurement-page.ts';
import type { Measurement } from '../../domain/external/measurement.ts';
import type { ExternalMetric } from '../../domain/external/metric.ts';
import type { MeasurementStore } from '../../ports/measurement-store.ts';
import { newScope, type Scope, type Suite } from './suite.ts';

export function sampleExternalMetric(of: Partial<ExternalMetric> = {}): ExternalMetric {
  return {
    name: 'conversion', role: 'guardrail', question: { kind: 'prometheus', url: 'http://prometheus:9090', query: 'rate{version="{{version}}"}' }, credentials: null, compare: 'challenger', better: 'lower', limit: 1, failBeyond: 1,
    initialDelayMs: 0, everyMs: 60_000, count: 5, failureLimit: 0, inconclusiveLimit: 60, maxAgeMs: 300_000, timeoutMs: 5_000, ...of,
  };
}

export function sampleMeasurement({ tenant, uid }: Pick<Scope, 'tenant' | 'uid'>, slot: number, of: Partial<Measurement> = {}): Measurement {
  return { tenantId: tenant, rolloutId: `${uid}/1`, metric: 'conversion', slot, atMs: 1_000 + slot, challenger: { value: 0.5, sampleMs: 900 + slot }, champion: null, ...of };
}

function pageOf(scope: Scope, slots: readonly number[], of: Partial<Measurement> = {}): MeasurementPage {
  const metric = sampleExternalMetric(of.metric === undefined ? {} : { name: of.metric });
  const page = slots.reduce<MeasurementPage | null>((before, slot) => withMeasurement(before, metric, sampleMeasurement(scope, slot, of)), null);
  assert.ok(page !== null);
  return page;
}

export const measurementStorePromises: Suite<MeasurementStore> = {
  'a page comes back as it was, with what could not be measured': async (store) => {
    const scope = newScope();
    const page = pageOf(scope, [1, 2], { challenger: { none: 'no-series', text: 'no series' }, champion: { value: -0, sampleMs: 1.5 } });
    assert.equal(await store.page(page), null);
    assert.equal(await store.putPage(page, null), true);
    assert.deepEqual(await store.page(page), page);
    assert.deepEqual(await store.pages(scope.tenant, `${scope.uid}/1`), [page]);
    assert.deepEqual(await store.tallies(scope.tenant, `${scope.uid}/1`), [tallyOf(page)]);
  },
  'a page is replaced only where it ends as the writer saw it': async (store) => {
    const scope = newScope();
    assert.equal(await store.putPage(pageOf(scope, [1, 2]), 1), false);
    assert.equal(await store.putPage(pageOf(scope, [1]), null), true);
    assert.equal(await store.putPage(pageOf(scope, [1]), null), false);
    assert.equal(await store.putPage(pageOf(scope, [1, 2]), 1), true);
    assert.equal(await store.putPage(pageOf(scope, [1, 3]), 1), false);
    assert.deepEqual(await store.page(pageOf(scope, [1])), pageOf(scope, [1, 2]));
  },
  'of writers at once one is first': async (store) => {
    const scope = newScope();
    await store.putPage(pageOf(scope, [1]), null);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => store.putPage(pageOf(scope, [1, 2], { atMs: i }), 1)));
    assert.equal(answers.filter(Boolean).length, 1);
  },
  'pages come by metric, then page, of one rollout of one tenant': async (store) => {
    const scope = newScope();
    for (const page of [pageOf(scope, [205], { metric: 'b' }), pageOf(scope, [5], { metric: 'b' }), pageOf(scope, [1_005], { metric: 'a' })]) await store.putPage(page, null);
    await store.putPage(pageOf(scope, [1], { rolloutId: `${scope.uid}/2` }), null);
    await store.putPage(pageOf(scope, [1], { tenantId: scope.other }), null);
    const names = (pages: readonly { metric: string; page: number }[]): readonly string[] => pages.map(({ metric, page }) => `${metric} ${page}`);
    assert.deepEqual(names(await store.tallies(scope.tenant, `${scope.uid}/1`)), ['a 10', 'b 0', 'b 2']);
    assert.deepEqual(names(await store.pages(scope.tenant, `${scope.uid}/1`)), ['a 10', 'b 0', 'b 2']);
    assert.deepEqual(names(await store.pages(scope.other, `${scope.uid}/1`)), ['conversion 0']);
    assert.equal(await store.page({ tenantId: scope.other, rolloutId: `${scope.uid}/1`, metric: 'b', page: 0 }), null);
  },
};
