import { drillSummary, drillTerms } from '../../../domain/kill/drill.ts';
import { againstFake } from './against-fake.ts';
import { problem } from './fake-lastmile.ts';
import { killView } from './recorded.ts';

const { fake, cli } = againstFake();
const TERMS = drillTerms({ everyMs: 7 * 86_400_000, limitMs: 500 });
const view = (of: Parameters<typeof killView>[0]) => killView({ drillId: 'dri_1', ...of });
const ENDED = { state: 'revived', silentAtMs: 1_040, provedAtMs: 1_300, revivedAtMs: 1_500 } as const;
/** What the API says of one drill that went like this. */
const answers = (over: ReturnType<typeof view>) => ({ summary: drillSummary(TERMS, [over.kill], 2_000), items: [over] });

function serve(over: ReturnType<typeof view>): void {
  let asked = 0;
  Object.assign(fake().handlers, {
    'POST /api/v1/deployments/churn/drills': () => ({ status: 202, body: view({ state: 'silent' }) }),
    'GET /api/v1/kills/kil_1': () => { asked += 1; return { body: asked < 2 ? view({ state: 'proved', provedAtMs: 1_300 }) : over }; },
    'GET /api/v1/deployments/churn/drills': () => ({ body: answers(over) }),
  });
}

test('a drill is followed until it is taken back, and says the time to safe', async () => {
  serve(view(ENDED));
  const ran = await cli('drill', 'churn', '--reason', 'the board asks');
  expect(ran.code).toBe(0);
  expect(ran.out).toMatch(/kil_1 of churn[\s\S]*Time to safe 40 ms\./);
  expect(fake().seen[0]?.body).toEqual({ reason: 'the board asks', overrideFreeze: false });
});

test.each([
  ['slower than the limit', { ...ENDED, silentAtMs: 1_600, provedAtMs: 1_700 }, 3, 'slower than its limit'],
  ['not proved', { ...ENDED, provedAtMs: null, missing: ['gateway gw-2 cannot be reached'] }, 3, 'FAILED'],
] as const)('%s: exit code 3, and it says so', async (_what, of, code, words) => {
  serve(view(of));
  const ran = await cli('drill', 'churn');
  expect([ran.code, ran.out]).toEqual([code, expect.stringContaining(words)]);
  expect((await cli('drills', 'churn')).code).toBe(3);
});

test('one that does not end in time is 75', async () => {
  serve(view({ state: 'proved', provedAtMs: 1_300 }));
  expect((await cli('drill', 'churn', '--for', '300ms')).code).toBe(75);
});

test('drills lists each with its result; --json is the answer', async () => {
  serve(view(ENDED));
  const ran = await cli('drills', 'churn');
  expect(ran.code).toBe(0);
  expect(ran.out).toMatch(/Time to safe 40 ms\.\nevery 7d, next from .* on; limit 500ms; slowest 40 ms\n[\s\S]*passed\s+30 ms/);
  expect(JSON.parse((await cli('drills', 'churn', '--json')).out)).toEqual(JSON.parse(JSON.stringify(answers(view(ENDED)))));
});

test('a refusal says why', async () => {
  Object.assign(fake().handlers, { 'POST /api/v1/deployments/churn/drills': () => problem(422, 'LM_COMMAND_REFUSED', 'churn: no challenger has traffic. Nothing was killed.') });
  const ran = await cli('drill', 'churn');
  expect([ran.code, ran.err]).toEqual([3, expect.stringContaining('no challenger has traffic')]);
});
