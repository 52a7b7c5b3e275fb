import { sampleExternalMetric, sampleMeasurement } from '../../../conformance/stores/measurement-store.ts';
import { renderExternal } from '../../../cli/render/verdict.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import { externalFinding } from '../../../domain/external/finding.ts';
import { pagesUpTo } from '../../../domain/external/measurement-page.ts';
import { VERDICT } from '../../support/sealed-evidence.ts';
import { externalCard } from '../../../web/findings.ts';
import { textOf } from '../../../web/html.ts';

const page = (verdict: Verdict): string => textOf(externalCard(verdict)!);
const metric = sampleExternalMetric();
const verdictOf = (challenger: Parameters<typeof sampleMeasurement>[2]): Verdict => ({ ...VERDICT, external: [externalFinding(metric, pagesUpTo(metric, [sampleMeasurement({ tenant: 'a', uid: 'b' }, 1, challenger)], 9), 1_000)] });

test('page and command line show the newest number, its limit and how often it was good', () => {
  const verdict = verdictOf({ challenger: { value: 0.25, sampleMs: 1_000 } });
  expect(page(verdict)).toMatch(/conversion[\s\S]*… not yet[\s\S]*0\.25[\s\S]*at most 1[\s\S]*1, 5 needed/);
  expect(renderExternal({ color: false }, verdict).join('\n')).toMatch(/conversion \(guardrail\) +undecided +0\.250 +at most 1\.00 +1, 5 needed +0, 0 let pass +0/);
});

test('why there is no number is on the page, as text', () => {
  expect(page(verdictOf({ challenger: { none: 'refused', text: '<script>' } }))).toMatch(/&lt;script&gt;[\s\S]*∅ no number/);
  expect(page(verdictOf({ challenger: { none: 'refused', text: '<script>' } }))).not.toContain('<script>');
});

test('nothing is shown where the file names none', () => {
  expect([externalCard(VERDICT), renderExternal({ color: false }, VERDICT)]).toEqual([null, []]);
});
