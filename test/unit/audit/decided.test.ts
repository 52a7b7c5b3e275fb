import { inferenceTimeMs, reignAt, reignOf, reigns, sharesAt } from '../../../domain/case/decided.ts';
import { modelOf, modelTried } from '../../../domain/rollout/record.ts';
import { newId } from '../../../config/ids.ts';
import { CHALLENGER, CHAMPION, DEPLOYMENT } from '../../support/analysis-arbitraries.ts';
import { ROLLOUT_RECORD, routeRecord, routeVariant, VARIANTS } from '../../support/sealed-evidence.ts';
import { auditEntry, chainOf } from '../../support/signed-audit.ts';
import type { AuditEntry } from '../../../domain/audit.ts';

const [old, young] = VARIANTS;
const crown = (variant: typeof old, of: { revision: number; atMs: number; rollout: string; outcome?: 'applied' | 'superseded' }): AuditEntry => routeRecord({ type: 'setChampion', commandId: `c${String(of.revision)}`, atMs: of.atMs, variant: routeVariant(variant), expectedChampion: null, by: 'automation' }, { revision: of.revision, outcome: of.outcome ?? 'applied' }, of.rollout);
const share = (sharePer10k: number, revision: number, atMs: number, rollout = `${DEPLOYMENT}/2`): AuditEntry => routeRecord({ type: 'setShare', commandId: `s${String(revision)}`, atMs, variant: routeVariant(young), sharePer10k, ifRollout: rollout }, { revision }, rollout);

const second = { ...ROLLOUT_RECORD, rolloutId: `${DEPLOYMENT}/2`, n: 2, endedAtMs: 2_000 };
const first = { ...ROLLOUT_RECORD, rolloutId: `${DEPLOYMENT}/1`, n: 1, champion: null, challenger: ROLLOUT_RECORD.champion, model: old.model, endedAtMs: 1_000, state: { ...ROLLOUT_RECORD.state, outcome: 'first' as const } };

test('who decided and why is told by the chain: by time, by revision, before the first nobody', () => {
  const records = chainOf([crown(old, { revision: 2, atMs: 1_000, rollout: first.rolloutId }), crown(young, { revision: 5, atMs: 1_500, rollout: second.rolloutId, outcome: 'superseded' }), crown(young, { revision: 7, atMs: 2_000, rollout: second.rolloutId })]);
  const all = reigns({ rollouts: [second, first], records });
  expect([999, 1_000, 1_999, 2_000, 9_000].map((atMs) => reignAt(all, atMs)?.model ?? null)).toEqual([null, old.model, old.model, young.model, young.model]);
  expect(reignAt(all, 3_000)).toMatchObject({ rollout: 2, revision: 7, auditSeq: 3, verdict: { kind: 'promote' }, reason: 'It is better.' });
  expect(reignOf(all, { variantId: CHAMPION, revision: 6, atMs: 5_000 })).toMatchObject({ revision: 2, rollout: 1 });
  expect(reignOf(all, { variantId: CHALLENGER, revision: 6, atMs: 5_000 })).toBeNull();
});

test('rollouts of before the chain told of routes are told by their records', () => {
  expect(reigns({ rollouts: [second, first], records: [] }).map(({ model, sinceMs, revision }) => [model, sinceMs, revision])).toEqual([[old.model, 1_000, null], [young.model, 2_000, null]]);
});

test('of several challengers the one that went on is told, not the model that the rollout was asked for', () => {
  const field = { ...second, model: 'filesystem:churn@98' };
  expect(reigns({ rollouts: [field, first], records: [] }).at(-1)).toMatchObject({ model: young.model, variantId: CHALLENGER });
  expect([modelTried(field), modelOf(field, CHALLENGER), modelOf(field, 'var_other')]).toEqual([young.model, young.model, 'filesystem:churn@98']);
});

test('a person who went back, or promoted without the judge, is named', () => {
  const eve = { kind: 'person', name: 'eve' } as const;
  const back = chainOf([crown(young, { revision: 7, atMs: 2_000, rollout: second.rolloutId }), crown(old, { revision: 9, atMs: 3_000, rollout: second.rolloutId }), auditEntry(3, { action: 'deployment.rolled-back', subject: DEPLOYMENT, actor: eve, reason: 'it loses', digest: old.artifactDigest })]);
  expect(reigns({ rollouts: [second, first], records: back }).at(-1)).toMatchObject({ model: old.model, by: eve, reason: 'it loses', rollout: null, revision: 9 });
  const byHand = { ...second, state: { ...second.state, verdict: { ...second.state.verdict!, reason: 'person' as const } } };
  const promoted = chainOf([auditEntry(1, { action: 'rollout.promoting', subject: second.rolloutId, actor: eve }), crown(young, { revision: 7, atMs: 2_000, rollout: second.rolloutId })]);
  expect(reigns({ rollouts: [byHand], records: promoted }).at(-1)).toMatchObject({ by: eve, rollout: 2 });
});

test('shares at a time end when they are taken back, crowned, removed or taken over', () => {
  const told = (entries: readonly AuditEntry[], atMs: number): readonly number[] => sharesAt(chainOf(entries), atMs).map(({ sharePer10k }) => sharePer10k);
  const steps = [share(500, 3, 100), share(2_500, 4, 200)];
  expect([99, 100, 200].map((atMs) => told(steps, atMs))).toEqual([[], [500], [2_500]]);
  expect(told([...steps, share(0, 5, 300)], 300)).toEqual([]);
  expect(told([...steps, crown(young, { revision: 5, atMs: 300, rollout: second.rolloutId })], 300)).toEqual([]);
  expect(told([...steps, routeRecord({ type: 'remove', commandId: 'r', atMs: 300, variantId: CHALLENGER }, { revision: 5 }, second.rolloutId)], 300)).toEqual([]);
  const retired = routeRecord({ type: 'retire', commandId: 'q', atMs: 300, person: 'eve', reason: 'enough' }, { revision: 5 }, second.rolloutId);
  expect([told([...steps, retired], 299), told([...steps, retired], 300)]).toEqual([[2_500], []]);
  expect(told([...steps, routeRecord({ type: 'setShadows', commandId: 'x', atMs: 300, shadows: [], ifRollout: `${DEPLOYMENT}/3` }, { revision: 5 }, `${DEPLOYMENT}/3`)], 300)).toEqual([]);
});

test('an inference id tells when it was made; a client\'s own id does not', () => {
  const before = Date.now();
  const ms = inferenceTimeMs(newId('inf'))!;
  expect(ms).toBeGreaterThanOrEqual(before);
  expect(ms).toBeLessThanOrEqual(Date.now());
  expect(['order-7', 'inf_1', 'inf_ffffffffffffffffffffffffffffffff', `key_${newId('inf').slice(4)}`].map(inferenceTimeMs)).toEqual([null, null, null, null]);
});
