import { sampleReference, sampleWindow } from '../../../conformance/stores/drift-store.ts';
import type { DriftAnswer } from '../../../api/contract.ts';
import { driftSentence, type DriftWindow } from '../../../domain/drift/watch.ts';
import { againstFake } from './against-fake.ts';
import { problem } from './fake-lastmile.ts';

const { fake, cli } = againstFake();
const SCOPE = { tenant: 'default', uid: 'dep_1' };
const DAY = 86_400_000;
function serve(items: readonly DriftWindow[], of: Partial<DriftAnswer> = {}): DriftAnswer {
  const { source, rolloutId, fromMs, toMs, madeAtMs, profile } = sampleReference(SCOPE);
  const answer: DriftAnswer = {
    watched: true, champion: 'filesystem:churn@7', sentence: items[0] === undefined ? 'No window is whole yet.' : driftSentence(items[0]),
    reference: { source, rolloutId, fromMs, toMs, rows: profile.rows, columns: profile.columns.map(({ name }) => name), calibrated: true, madeAtMs }, items: [...items], ...of,
  };
  Object.assign(fake().handlers, { 'GET /api/v1/deployments/churn/drift': () => ({ body: answer }) });
  return answer;
}
const quiet = { verdict: 'no-drift', columns: [], together: null, estimate: null } as const;

test('the newest window column by column, a line for each before it, and 3 because it changed', async () => {
  const answer = serve([sampleWindow(SCOPE, DAY), sampleWindow(SCOPE, 0, quiet)]);
  const ran = await cli('drift', '--of', 'churn', '--limit', '7');
  expect(ran.code).toBe(3);
  expect(ran.out).toMatch(/^a\.b\$c changed since it became champion\. By its scores alone 70 % of decisions are expected to be right, against 75 % before\.\nReference of filesystem:churn@7: 3 rows of rollout 2, 1970-01-01T00:00:00Z to/);
  expect(ran.out).toMatch(/a\.b\$c +drift +700 +1 → 0 +0\.5 +1e-9 +0\.2 +0\.4[\s\S]*all numeric columns together: p 0\.002, changed\nexpected right, by scores alone: 70\.0 % \(reference 75\.0 %\): lower than chance explains[\s\S]*no-drift +700/);
  expect(fake().seen.at(-1)?.query.get('limit')).toBe('7');
  expect(JSON.parse((await cli('drift', '--of', 'churn', '--json')).out)).toEqual(JSON.parse(JSON.stringify(answer)));
});

test('nothing changed, or nothing to tell yet, is 0', async () => {
  serve([sampleWindow(SCOPE, 0, quiet)]);
  expect(await cli('drift', '--of', 'churn')).toMatchObject({ code: 0, out: expect.stringMatching(/^Nothing changed that matters\./) as string });
  serve([], { reference: null });
  expect(await cli('drift', '--of', 'churn')).toMatchObject({ code: 0, out: 'No window is whole yet.\n' });
});

test('lower expected quality alone is 3; files beside --of are usage; an unknown name is 5', async () => {
  serve([sampleWindow(SCOPE, 0, { ...quiet, estimate: { accuracy: 0.6, reference: 0.75, standardError: 0.01, isLow: true } })]);
  expect((await cli('drift', '--of', 'churn')).code).toBe(3);
  expect(await cli('drift', 'a.csv', 'b.csv', '--of', 'churn')).toMatchObject({ err: expect.stringContaining('Give either files or --of NAME') as string });
  Object.assign(fake().handlers, { 'GET /api/v1/deployments/churn/drift': () => problem(404, 'LM_DEPLOYMENT_NOT_FOUND', 'There is no deployment churn.') });
  expect((await cli('drift', '--of', 'churn')).code).toBe(5);
});
