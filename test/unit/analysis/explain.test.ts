import { explainForEngineer, explainForOwner, type Explained } from '../../../domain/analysis/explain.ts';
import { REASONS, type MoneyFinding, type ReasonCode, type Verdict } from '../../../domain/analysis/verdict.ts';
import { OUTCOMES, STAGES, type Outcome, type Stage } from '../../../domain/rollout/machine.ts';
import { planRollout } from '../../../domain/rollout/plan.ts';
import { metricOf, METRICS } from '../../../domain/analysis/metrics/index.ts';
import { CHALLENGER, CHAMPION, DEPLOYMENT, ROLLOUT, specOf, TENANT } from '../../support/analysis-arbitraries.ts';

const MAY_4 = Date.UTC(2026, 4, 4);
const BANNED = /p-value|alpha|confiden|sequen|e-value|bound|varianc|significan|hypothes|bernoulli|sigma|quantile|\bnull\b|undefined|NaN|statistic|margin|deviation|interval|estimate|metric|probab|correlat|pilot|guardrail|coverage|sample|martingale/i;
const money: MoneyFinding = { currency: 'EUR', perRequestMicros: 40_000, lowerMicros: 10_000, upperMicros: 90_000, requests: 2_400, totalMicros: 96_000_000, championTotalMicros: 0, challengerTotalMicros: 96_000_000 };

function verdictOf(code: ReasonCode, metric: string | null = null, more: Partial<Verdict> = {}): Verdict {
  return {
    tenantId: TENANT, rolloutId: ROLLOUT, n: 3, judgeVersion: '1', kind: 'promote', reasons: [{ code, metric, text: 'accuracy 0.021 per request, above 0.004' }],
    findings: [{ metric: 'value', role: 'required', state: 'pass', estimate: 0.04, lower: 0.01, upper: 0.09, lowerFull: -0.2, alpha: 0.05, margin: 0, championMean: 1, challengerMean: 1.04, blocks: 12, shortBlocks: 0, requests: 2_400, coverage: 0.99, lossBound: 0.2, worstBlock: -0.01, projectedBlocks: null }],
    money, cycles: 12, fromMs: MAY_4, toMs: MAY_4 + 12 * 86_400_000, rulingMs: MAY_4, atMs: MAY_4, planHash: null, evidenceHash: 'sha256:abc', dropRatio: 0, notMeasured: ['money'], ...more,
  };
}

function explained(stage: Stage, outcome: Outcome | null, verdict: Verdict | null, deciding = 'filesystem:churn@7'): Explained {
  const champion = { variantId: CHAMPION, model: 'filesystem:churn@6', artifactDigest: 'sha256:1' };
  return {
    deployment: {
      tenantId: TENANT, uid: DEPLOYMENT, name: 'churn', specHash: 'sha256:spec', createdAtMs: 0, updatedAtMs: 0,
      status: { revision: 1, phase: 'serving', champion: { ...champion, model: deciding }, challenger: null, activeRollout: null, rolloutCount: 1, lastVerdict: null, lastGood: [], pinnedBy: null, message: '' },
    },
    rollout: {
      tenantId: TENANT, rolloutId: ROLLOUT, deploymentUid: DEPLOYMENT, n: 1, revision: 1, model: 'filesystem:churn@7', specHash: 'sha256:spec', plan: planRollout(specOf().spec.rollout, true),
      state: { stage, step: 0, stepSinceMs: null, paused: false, outcome, verdict: null, pendingOutcome: null }, champion, challenger: { ...champion, variantId: CHALLENGER, model: 'filesystem:churn@7' },
      startedBy: { kind: 'person', name: 'ana' }, reason: null, startedAtMs: 0, endedAtMs: null, story: [], workflowId: 'w',
    },
    verdict,
    progress: { tenantId: TENANT, rolloutId: ROLLOUT, watermarkMs: 0, lastRecordAtMs: 0, pairs: 100, openSlots: 4, labelCoverage: 0.82, labelDelayMs: 86_400_000, drops: {}, duplicates: 0, updatedAtMs: 0 },
  };
}

test('for the owner: who decides, since when, how much, what is open', () => {
  expect(explainForOwner(explained('done', 'promoted', verdictOf('proved-better')))).toBe(
    'Version 7 decides. Since 4 May its answers were worth EUR 96.00 more than those of version 6 (counted to 16 May). 18 % of outcomes are not in yet.');
});

test('for the owner: of several challengers the one that went on took over', () => {
  const { rollout, ...rest } = explained('done', 'rolled-back', verdictOf('proved-worse', 'value', { money: null }), 'filesystem:churn@6');
  expect(explainForOwner({ ...rest, rollout: { ...rollout!, model: 'filesystem:churn@9' } })).toContain('Version 7 was taken back.');
});

test('for the owner: a refused loser, and why', () => {
  const loses = verdictOf('proved-worse', 'value', { money: { ...money, totalMicros: -12_500_000, lowerMicros: -90_000, upperMicros: -10_000 } });
  expect(explainForOwner(explained('done', 'rolled-back', loses, 'filesystem:churn@6'))).toBe(
    'Version 6 decides. Version 7 was taken back. Its decisions turned out worse. Since 4 May its answers were worth EUR 12.50 less than those of version 6 (counted to 16 May). 18 % of outcomes are not in yet.');
  expect(explainForOwner(explained('done', 'rolled-back', verdictOf('guardrail', 'off-contract', { money: null }), 'filesystem:churn@6'))).toContain('Too many of its answers could not be used.');
});

test('for the owner: money that may still turn is said to be so; years other than this are named', () => {
  const open = verdictOf('not-enough-evidence', null, { money: { ...money, lowerMicros: -1 }, fromMs: Date.UTC(1996, 4, 7) });
  expect(explainForOwner(explained('shadowing', null, open))).toContain('Since 7 May 1996 its answers were worth EUR 96.00 more than those of version 6 (counted to 16 May). That is too little to rule out that it earns less.');
});

test('for the owner: no word of statistics, whatever the state and the reason', () => {
  const states = [...STAGES.map((stage) => [stage, null] as const), ...OUTCOMES.map((outcome) => ['done', outcome] as const)];
  const metrics = [null, ...Object.keys(METRICS)];
  for (const [stage, outcome] of states) for (const code of REASONS) for (const metric of metrics) {
    const text = explainForOwner(explained(stage, outcome, verdictOf(code, metric)));
    expect(text).not.toMatch(BANNED);
    expect(text).toMatch(/^Version 7 decides\. .*\.$/);
  }
  expect(explainForOwner({ ...explained('done', 'first', null), progress: null })).toBe('Version 7 decides. It is the first version; there was nothing to compare it with.');
  expect(explainForOwner({ ...explained('done', null, null), rollout: null, progress: null })).toBe('Version 7 decides.');
  expect(BANNED.test('a confidence sequence')).toBe(true);
});

test('for the engineer: verdict, reasons, every finding, evidence and gaps', () => {
  const text = explainForEngineer(explained('done', 'promoted', verdictOf('proved-better', 'value')));
  for (const part of ['Rollout 1 of churn tries filesystem:churn@7 against filesystem:churn@6; it ended promoted.', 'Verdict 3: promote (proved-better) after 12 whole cycles.', 'value (required): pass; estimate 0.04, lower 0.01, in full -0.2, upper 0.09', 'EUR 96.00 over 2400 requests', 'sha256:abc', '82 % of needed outcomes in, 1d after their requests', 'Not measured: money.']) expect(text).toContain(part);
  expect(explainForEngineer(explained('shadowing', null, null))).toContain('There is no verdict yet.');
});

test('every metric has a unit to be spoken of', () => {
  for (const name of Object.keys(METRICS)) expect(metricOf(name).unit).toMatch(/\w/);
});

test('for the owner: a sentence for every stage and every end', () => {
  const said = (stage: Stage, outcome: Outcome | null): string => explainForOwner(explained(stage, outcome, null, 'filesystem:churn@6')).replace('Version 6 decides. ', '').replace(' 18 % of outcomes are not in yet.', '');
  expect(Object.fromEntries(STAGES.filter((stage) => stage !== 'done').map((stage) => [stage, said(stage, null)]))).toEqual({
    validating: 'Version 7 is being checked.', packaging: 'Version 7 is being packaged.', loading: 'Version 7 is being loaded.', shadowing: 'Version 7 is being tried beside it; no caller sees its answers.',
    admitting: 'Version 7 waits for its first callers.', canary: 'Version 7 answers some callers on trial.', promoting: 'Version 7 is taking over.', undoing: 'The trial of version 7 is being taken back.',
    asking: 'A person has to decide about version 7.', approving: 'Version 7 waits: people have to agree before it goes on.',
  });
  expect(Object.fromEntries(OUTCOMES.filter((outcome) => outcome !== 'promoted').map((outcome) => [outcome, said('done', outcome)]))).toEqual({
    first: 'It is the first version; there was nothing to compare it with.', refused: 'Version 7 was refused.', 'rolled-back': 'Version 7 was taken back.', aborted: 'The trial of version 7 was ended by hand.',
    inconclusive: 'Version 7 did not take over.', superseded: 'The trial of version 7 gave way to a newer one.',
  });
});

test('for the owner: money that is nil, that has no dates, or that just touches nil', () => {
  const of = (more: Partial<MoneyFinding>, at: Partial<Verdict> = {}): string => explainForOwner(explained('shadowing', null, verdictOf('not-enough-evidence', null, { money: { ...money, ...more }, ...at })));
  expect(of({ totalMicros: 0 })).toContain('Since 4 May its answers were worth as much as those of version 6.');
  expect(of({}, { fromMs: null, toMs: null })).toContain('So far its answers were worth EUR 96.00 more than those of version 6. ');
  expect(of({ lowerMicros: 0, upperMicros: 9 })).toContain('That is too little to rule out that it earns less.');
  expect(of({ totalMicros: -96_000_000, lowerMicros: -9, upperMicros: 0 })).toContain('That is too little to rule out that it earns more.');
  expect(of({ lowerMicros: 1 })).not.toContain('too little');
  expect(of({ totalMicros: -1_000_000, lowerMicros: -9, upperMicros: -1 })).not.toContain('too little');
});

test('for the owner: without a version before there is no money to compare, and without outcomes that is said', () => {
  const first = explained('done', 'first', verdictOf('no-data'));
  expect(explainForOwner({ ...first, rollout: { ...first.rollout!, champion: null } })).toBe('Version 7 decides. It is the first version; there was nothing to compare it with. It is too early to say which is better. 18 % of outcomes are not in yet.');
  const { rollout, ...rest } = explained('shadowing', null, null, 'filesystem:churn@6');
  const planned = (goal: 'healthy' | 'better', mode: 'compare' | 'first'): string => explainForOwner({ ...rest, rollout: { ...rollout!, plan: { ...rollout!.plan, goal, mode } } });
  expect(planned('healthy', 'compare')).toMatch(/Whether its answers turn out right was not looked at\.$/);
  for (const other of [planned('better', 'compare'), planned('healthy', 'first')]) expect(other).not.toContain('turn out right');
});

test('for the engineer: nothing was rolled out yet', () => {
  const { deployment, ...rest } = explained('done', null, null);
  expect(explainForEngineer({ ...rest, deployment, rollout: null, verdict: null })).toBe('churn: no rollout yet.');
  expect(explainForEngineer({ ...rest, deployment: { ...deployment, status: { ...deployment.status, message: 'The file was refused.' } }, rollout: null, verdict: null })).toBe('churn: no rollout yet. The file was refused.');
});
