import fc from 'fast-check';
import type { DeploymentView, HealthAnswer } from '../../../api/contract.ts';
import type { DeploymentRecord } from '../../../domain/deployment-record.ts';
import { parseDeployment } from '../../../domain/deployment.schema.ts';
import { emptyRoute } from '../../../domain/traffic/commands.ts';
import { FINDING_STATES } from '../../../domain/analysis/verdict.ts';
import { deploymentPage } from '../../../web/deployment-page.ts';
import { fieldCard, findingsTable, segmentsCard } from '../../../web/findings.ts';
import { formatAgo, formatGain, formatNumber } from '../../../web/format.ts';
import { html, link, textOf } from '../../../web/html.ts';
import { indexPage } from '../../../web/index-page.ts';
import { errorPage } from '../../../web/layout.ts';
import { splitBar } from '../../../web/split-bar.ts';
import { finding, rolloutRecord, verdictOf } from '../../support/api-documents.ts';
import { drillSummary, drillTerms } from '../../../domain/kill/drill.ts';

const HEALTH: HealthAnswer = { status: 'ok', checks: [], version: '1', links: { temporal: null, gateway: 'http://g' } };
const record: DeploymentRecord = {
  tenantId: 't', uid: 'dep_1', name: 'churn', specHash: 'h', createdAtMs: 0, updatedAtMs: 0,
  status: { revision: 1, phase: 'attention', champion: null, challenger: null, activeRollout: null, rolloutCount: 0, lastVerdict: null, lastGood: [], pinnedBy: null, message: 'A person is needed.' },
};
const spec = parseDeployment({ apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' }, spec: { model: 'filesystem:churn@7' } });
const view = (part: Partial<DeploymentView> = {}): DeploymentView => ({ deployment: record, spec, route: null, rollout: null, kill: null, drift: null, drills: drillSummary(drillTerms(undefined), [], 0), links: { self: 'http://a/x', temporal: null, page: null }, ...part });

test('what comes from outside stays text', () => {
  const evil = `<script>alert("x")</script>'&`;
  expect(textOf(html`<p title="${evil}">${[evil, html`<b>${evil}</b>`]}</p>`)).not.toContain('<script');
  const rollout = { rollout: rolloutRecord(record, { model: evil, story: [{ atMs: 1, stage: 'canary', text: evil }] }), verdict: verdictOf(record, { judgeVersion: evil, notMeasured: [evil], reasons: [{ code: 'person', metric: null, text: evil }], findings: [finding({ metric: evil })] }), progress: null, links: { self: 'x', temporal: `javascript:alert(1)`, page: null } };
  const route = { ...emptyRoute({ tenantId: 't', deploymentUid: 'u', name: 'n', fallback: ['closed'], onLostControl: 'serve', stickyHeader: null, stickyJsonPath: null, recordInputs: false }), champion: evil };
  const pages = [
    deploymentPage(view({ deployment: { ...record, name: evil, status: { ...record.status, message: evil, champion: { variantId: 'v', model: evil, artifactDigest: 'd' } } }, route, rollout }), 0),
    indexPage([{ name: evil, phase: evil, champion: evil, challenger: evil, sentence: evil, sick: true, updatedAtMs: 0 }], { ...HEALTH, checks: [{ name: evil, ok: false, detail: evil }] }, 0), errorPage(evil, evil),
  ];
  for (const page of pages) expect(page).not.toMatch(/<script|javascript:/);
});

test('any text survives the way through a page unharmed', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    const shown = textOf(html`<i>${text}</i>`).slice(3, -4);
    expect(shown).not.toMatch(/[<>"']/);
    const back = shown.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
    expect(back).toBe(text);
  }), { seed: 6 });
});

test('only web addresses become links', () => {
  expect(link('javascript:alert(1)', 'x')).toBeNull();
  expect(link('data:text/html,x', 'x')).toBeNull();
  expect(textOf(link('https://a/"b', 'x')!)).toBe('<a href="https://a/&quot;b" rel="noreferrer">x</a>');
});

test('a deployment without route, rollout or money says so', () => {
  const page = deploymentPage(view(), 0);
  for (const text of ['No version decides yet.', 'A person is needed.', 'There is no route yet.', 'Not measured: the file has no value model', 'outcomes (whether answers turn out right)', 'http-equiv="refresh" content="5"']) expect(page).toContain(text);
});

test('the bar sums to the whole and names the shadow beside it', () => {
  const variant = (version: string) => ({ variantId: `v${version}`, version, artifactDigest: 'd', endpoint: { url: 'u', modelName: 'm', modelVersion: null } });
  const route = { ...emptyRoute({ tenantId: 't', deploymentUid: 'u', name: 'n', fallback: ['closed'], onLostControl: 'serve', stickyHeader: null, stickyJsonPath: null, recordInputs: false }), champion: 'v6', shares: [{ variantId: 'v7', sharePer10k: 2_500 }], shadows: [{ variantId: 'v7', samplePer10k: 10_000, deadlineMs: 1 }], variants: { v6: variant('6'), v7: variant('7') } };
  const text = textOf(splitBar(route));
  expect(text).toContain('aria-label="Traffic: 6 (champion) 75%, 7 (challenger) 25%"');
  expect(text).toContain('<strong>100%</strong> copied in shadow');
  expect([...text.matchAll(/ width="([\d.]+)"/g)].map(([, width]) => Number(width))).toEqual([747, 250]);
});

test('each state of a finding has a word and a sign, not only a colour', () => {
  const rows = FINDING_STATES.map((state) => textOf(findingsTable(verdictOf(record, { findings: [finding({ state, lower: null, upper: null, estimate: null, coverage: null })] }))));
  expect(new Set(rows).size).toBe(FINDING_STATES.length);
  for (const row of rows) expect(row).not.toMatch(/undefined|NaN|null/);
});

test('numbers and times read the same everywhere', () => {
  expect([formatNumber(null), formatNumber(0), formatNumber(-0.01234), formatNumber(12_345.6), formatNumber(NaN)]).toEqual(['–', '0', '−0.0123', '12,346', '–']);
  expect([formatAgo(0, 5_000), formatAgo(0, 120_000), formatAgo(0, 7_200_000), formatAgo(0, 3 * 86_400_000), formatAgo(9, 0)]).toEqual(['5 s ago', '2 min ago', '2 h ago', '3 days ago', '0 s ago']);
  expect([formatGain(1_500_000, 'EUR'), formatGain(-20_000, 'EUR'), formatGain(0, 'EUR')]).toEqual(['+EUR\u00a01.50', '−EUR\u00a00.0200', 'EUR\u00a00.00']);
});

test('the index counts who needs a person', () => {
  const line = { name: 'a', phase: 'serving', champion: '1', challenger: null, sentence: 's', sick: false, updatedAtMs: 0 };
  expect(indexPage([], HEALTH, 0)).toContain('Nothing is deployed yet.');
  expect(indexPage([line, { ...line, name: 'b', sick: true, phase: 'attention' }, { ...line, name: 'c', phase: 'rolling-out' }], HEALTH, 0)).toContain('3 deployments; 1 needs a person; 1 tries a new version.');
});

test('what a rollout waits for, and what holds it, stands on the page', () => {
  const base = rolloutRecord(record);
  const approval = { before: ['promote'], roles: ['risk'], count: 2, notAuthor: true, deadlineMs: 1_000, escalateAfterMs: null, escalateTo: [] } as const;
  const rollout = (state: Partial<typeof base.state>): NonNullable<DeploymentView['rollout']> => ({ rollout: { ...base, plan: { ...base.plan, approval }, state: { ...base.state, ...state } }, verdict: null, progress: null, links: { self: 'x', temporal: null, page: null } });
  const page = deploymentPage(view({ rollout: rollout({ stage: 'approving', approval: { before: 'promote', sinceMs: 0, verdictN: 1, given: [], escalated: false, delegates: [] }, heldBy: 'frozen by <ada>' }) }), 0);
  expect(page).toContain('2 people in the role risk must agree, until 1970-01-01T00:00:01.000Z.');
  expect(page).toContain('frozen by &lt;ada&gt;');
  expect(deploymentPage(view({ rollout: rollout({ stage: 'done', outcome: 'promoted', heldBy: 'frozen' }) }), 0)).not.toContain('held');
});

test('drift stands on the page where it is watched, and segments where a verdict has them', () => {
  const drift = { sentence: 'age <b> changed since it became champion.', isChanged: true, toMs: 0 };
  expect(deploymentPage(view({ drift }), 0)).toMatch(/Drift <span class="badge warn">changed<\/span>.*age &lt;b&gt; changed.*1970-01-01T00:00Z.*lastmile drift --of/s);
  expect(deploymentPage(view(), 0)).not.toContain('<h2>Drift');
  const segments = [{ metric: 'accuracy', segment: '<eu>', state: 'worse', estimate: -0.2, lower: -0.3, upper: -0.1, margin: 0.05, blocks: 9, requests: 900, logEWorse: 8 }, { metric: 'accuracy', segment: 'us', state: 'no-data', estimate: null, lower: null, upper: null, margin: 0.05, blocks: 0, requests: 0, logEWorse: null }] as const;
  const verdict = verdictOf(record, {});
  const card = textOf(segmentsCard({ ...verdict, segments })!);
  expect(card).toContain('&lt;eu&gt;');
  expect(card).toMatch(/✕ proved worse.*∅ no data/s);
  expect(segmentsCard(verdict)).toBeNull();
});

test('several challengers have a row each: who leads, how each is judged, and why', () => {
  const verdict = verdictOf(record, {});
  const field = [{ variantId: 'var_a', kind: 'rollback', reasons: [{ code: 'proved-worse', metric: 'accuracy', text: 'accuracy: it is worse.' }], findings: [], money: null }, { variantId: 'var_b', kind: 'collecting', reasons: [], findings: verdict.findings, money: null }] as const;
  const card = textOf(fieldCard({ ...verdict, field, challenger: 'var_b' }, (id) => (id === 'var_a' ? 'filesystem:churn@2' : 'filesystem:churn@3'))!);
  expect(card).toMatch(/filesystem:churn@2.*harm proved.*accuracy: it is worse\..*filesystem:churn@3<\/strong> leads.*not yet/s);
  expect(fieldCard(verdict, String)).toBeNull();
});
