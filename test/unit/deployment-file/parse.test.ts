import { METRICS } from '../../../domain/analysis/metrics/index.ts';
import { parseDeployment } from '../../../domain/deployment.schema.ts';
import { isLastmileError } from '../../../domain/errors.ts';
import { KNOWN_METRICS, METRIC_NAMES } from '../../../domain/metric-names.ts';

const DAY = 86_400_000;
const file = (spec: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): Record<string, unknown> =>
  ({ apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' }, spec: { model: 'filesystem:churn@7', ...spec }, ...rest });
const labelled = (spec: Record<string, unknown> = {}): Record<string, unknown> => file({ labels: { delay: '30d' }, ...spec });

function problems(input: unknown): string[] {
  try {
    parseDeployment(input);
    return [];
  } catch (error) {
    if (!isLastmileError(error) || error.code !== 'LM_INVALID_SPEC') throw error;
    return (error.details.problems as { path: string; problem: string }[]).map(({ path, problem }) => `${path} ${problem}`);
  }
}

test('the smallest file, with every default', () => {
  expect(parseDeployment(labelled())).toEqual({
    apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn', labels: {} },
    spec: {
      model: 'filesystem:churn@7', serving: { backend: 'modelhost', url: null, modelName: null, resources: { threads: 1, isolation: 'process' } },
      contract: { golden: [], latencyLimitMs: 250 }, labels: { delayMs: 30 * DAY, maturityMs: 30 * DAY, coverage: 0.95, graceMs: 3 * DAY, clock: 'gateway' },
      rollout: {
        goal: 'better', cycleMs: DAY, minCycles: 2, pilotCycles: 10, shadow: { samplePer10k: 10_000, maxMs: 60 * DAY }, canary: [{ sharePer10k: 500, forMs: DAY }, { sharePer10k: 2_500, forMs: DAY }],
        horizonMs: 60 * DAY, idleMs: DAY, whenInconclusive: 'keep', askMs: 7 * DAY, whenBusy: 'refuse', alpha: 0.05, falsePromotionsPerYear: 0.2, approval: null,
      },
      metrics: [
        { name: 'accuracy', role: 'required', margin: 0, lossBound: null, proof: 'given-loss-bound' }, { name: 'errors', role: 'guardrail', margin: 0.01, lossBound: null, proof: 'given-loss-bound' },
        { name: 'off-contract', role: 'guardrail', margin: 0.01, lossBound: null, proof: 'given-loss-bound' }, { name: 'latency', role: 'guardrail', margin: 0.05, lossBound: null, proof: 'given-loss-bound' },
      ],
      value: null, routing: { stickyHeader: null, stickyJsonPath: null }, fallback: ['last-good', 'closed'], onLostControl: 'serve', attestation: 'hashed', retrain: null, records: { inputs: false, keepMs: 30 * DAY },
    },
  });
});

test('without labels: healthy, guardrails alone, no pilot, a horizon of 30 days', () => {
  const { rollout, metrics, labels } = parseDeployment(file()).spec;
  expect(labels).toBeNull();
  expect(rollout).toMatchObject({ goal: 'healthy', pilotCycles: 0, horizonMs: 30 * DAY });
  expect(metrics.map(({ name, role }) => `${name} ${role}`)).toEqual(['errors guardrail', 'off-contract guardrail', 'latency guardrail']);
});

test.each([
  ['a value model is judged on value', { value: { currency: 'EUR', payoff: { tp: 5, fp: -1, tn: 0, fn: -3 } } }, ['value required']],
  ['regression is judged on absolute error', { contract: { task: 'regression' } }, ['absolute-error required']],
  ['a required metric of the file replaces the default one', { metrics: [{ name: 'brier', role: 'required' }] }, ['brier required']],
  ['a guardrail of the file leaves the default required one', { metrics: [{ name: 'brier', role: 'guardrail' }] }, ['brier guardrail', 'accuracy required']],
])('%s', (_what, spec, first) => {
  const metrics = parseDeployment(labelled(spec)).spec.metrics.map(({ name, role }) => `${name} ${role}`);
  expect(metrics).toEqual([...first, 'errors guardrail', 'off-contract guardrail', 'latency guardrail']);
});

test('an entry of the file replaces its default', () => {
  expect(parseDeployment(labelled({ metrics: [{ name: 'latency', role: 'safety', margin: '2%' }] })).spec.metrics.filter(({ name }) => name === 'latency'))
    .toEqual([{ name: 'latency', role: 'safety', margin: 0.02, lossBound: null, proof: 'full' }]);
});

test('a margin in money becomes one in the metric\'s unit, and what was said is kept', () => {
  const value = { currency: 'EUR', payoff: { tp: 1, fp: -1, tn: 0, fn: 0 }, costPerSecond: 0.1 };
  const { metrics } = parseDeployment(labelled({ value, metrics: [{ name: 'accuracy', margin: { money: 0.002, perUnit: 0.25 } }, { name: 'value', margin: { money: 0.5 } }, { name: 'errors', margin: { money: 0.01, perUnit: 2, currency: 'EUR' } }] })).spec;
  expect(metrics.slice(0, 3)).toMatchObject([
    { name: 'accuracy', margin: 0.008, marginMoney: { amount: 0.002, perUnit: 0.25, currency: 'EUR' } }, { name: 'value', margin: 0.5, marginMoney: { amount: 0.5, perUnit: 1, currency: 'EUR' } },
    { name: 'errors', margin: 0.005, marginMoney: { amount: 0.01, perUnit: 2, currency: 'EUR' } },
  ]);
});

test('split traffic makes no copies, and its first step gives the evidence', () => {
  expect(parseDeployment(labelled({ rollout: { compare: 'split' } })).spec.rollout).toMatchObject({ compare: 'split', shadow: { samplePer10k: 0 }, canary: [{ sharePer10k: 1_000 }] });
  expect(parseDeployment(labelled({ rollout: { compare: 'paired' } })).spec.rollout).not.toHaveProperty('compare');
});

test('spellings become the normal form', () => {
  const { spec } = parseDeployment(labelled({
    contract: { task: 'binary', score: 'probabilities[1]', class: 'label', classes: ['no', 'yes'], positive: 'yes', threshold: 0.4, range: [0, 1], latency: '1m30s', golden: [{ request: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] }, expect: { probabilities: [0.1, 0.9] } }] },
    rollout: { canary: [{ share: 0.05, for: '12h' }, { share: '50%' }], shadow: { sample: '0.25%' } }, routing: { stickyHeader: 'X-User-Id' }, retrain: { every: '168h', command: ['make'] },
    value: { currency: 'EUR', payoff: { tp: 5, fp: -1, tn: 0, fn: -3 }, costPerRequest: 0.002 },
  }));
  expect(spec.contract).toMatchObject({ score: { output: 'probabilities', column: 1 }, klass: { output: 'label', column: null }, range: { min: 0, max: 1 }, latencyLimitMs: 90_000, golden: [{ expect: { probabilities: [0.1, 0.9] }, tolerance: 1e-4 }] });
  expect(spec.rollout).toMatchObject({ canary: [{ sharePer10k: 500, forMs: DAY / 2 }, { sharePer10k: 5_000, forMs: DAY }], shadow: { samplePer10k: 25 } });
  expect(spec).toMatchObject({ routing: { stickyHeader: 'x-user-id' }, retrain: { every: '7d', timeoutMs: 21_600_000 }, value: { payoff: { kind: 'confusion', tp: 5 }, costPerRequest: 0.002 } });
});

test('a running model on another server', () => {
  const { spec } = parseDeployment(file({ model: 'running:churn@1', serving: { backend: 'oip', url: 'http://10.0.0.5:8080', modelName: 'churn' } }));
  expect(spec).toMatchObject({ attestation: 'claimed', serving: { url: 'http://10.0.0.5:8080', modelName: 'churn' } });
});

test('every problem at once, each with its path', () => {
  expect(problems({ ...file({ model: 'churn', lables: {}, rollout: { gaol: 1, horizon: 30, canary: [{ share: '5', for: '1x' }] }, metrics: [{ name: 1 }], value: { currency: 'eur', payoff: { tp: 'x', fp: 0, tn: 0, fn: 0 } } }), kind: 'Deployment' })).toEqual([
    'kind must be ModelDeployment',
    'spec.model "churn" is not a model reference; write REGISTRY:NAME@VERSION, for example filesystem:churn@7.',
    'spec.rollout.canary[0].share is not a share; write for example 5% or 0.05',
    'spec.rollout.canary[0].for is not a duration; write for example 30d, 12h, 5m, 1h30m or 250ms',
    'spec.rollout.horizon is not a duration; write for example 30d, 12h, 5m, 1h30m or 250ms',
    'spec.rollout.gaol is not known here; did you mean goal?',
    'spec.metrics[0].name must be a string, not a number',
    'spec.value.currency is not an ISO 4217 code; write for example EUR',
    'spec.value.payoff.tp must be a number, not a string',
    'spec.lables is not known here; did you mean labels?',
  ]);
});

test.each([
  [{ value: { currency: 'EUR', payoff: { tp: 1, fp: 0, tn: 0, fn: 0 } } }, 'spec.value cannot be counted without labels'],
  [{ rollout: { goal: 'better' } }, 'spec.rollout.goal is better, which is judged on outcomes'],
  [{ metrics: [{ name: 'accuracy', role: 'guardrail', margin: 0 }] }, 'spec.metrics[accuracy] is judged on outcomes, and there are no labels'],
  [{ metrics: [{ name: 'acuracy' }] }, 'spec.metrics[acuracy] is not a metric; did you mean accuracy?'],
  [{ metrics: [{ name: '__proto__' }] }, 'spec.metrics[__proto__] is not a metric'],
  [{ metrics: [{ name: 'errors' }, { name: 'errors' }] }, 'spec.metrics names errors twice'],
  [{ metrics: [{ name: 'errors', role: 'required' }] }, 'spec.metrics[errors].role is a rate'],
  [{ metrics: [{ name: 'errors', margin: 3 }] }, 'spec.metrics[errors].margin is 3; it is a share'],
  [{ metrics: [{ name: 'disagreement' }] }, 'spec.metrics[disagreement].margin is needed'],
  [{ metrics: [{ name: 'errors', role: 'safety', proof: 'given-loss-bound' }] }, 'spec.metrics[errors].proof of a safety metric must be full'],
  [{ serving: { backend: 'oip' } }, 'spec.serving.url is needed: backend oip'],
  [{ serving: { url: 'http://x' } }, 'spec.serving.url has no meaning for backend modelhost'],
  [{ serving: { backend: 'oip', url: 'ftp://x' } }, 'spec.serving.url is not an http or https address'],
  [{ serving: { backend: 'oip', url: 'http://x' }, attestation: 'hashed' }, 'spec.attestation cannot be hashed on backend oip'],
  [{ model: 'running:churn@1' }, 'spec.serving.backend must be oip'],
  [{ contract: { classes: ['a', 'a'] } }, 'spec.contract.classes names a class twice'],
  [{ contract: { classes: ['a', 'b'], positive: 'c' } }, 'spec.contract.positive is not one of contract.classes (a, b)'],
  [{ contract: { range: [1, 0] } }, 'spec.contract.range has its lowest value not below its highest'],
  [{ contract: { task: 'regression', positive: 1 } }, 'spec.contract.task is regression, which has no classes'],
  [{ fallback: ['closed', 'last-good'] }, 'spec.fallback has rungs after closed'],
  [{ rollout: { canary: [{ share: '10%' }, { share: '5%' }] } }, 'spec.rollout.canary[1].share is 5%; each step must be larger'],
  [{ rollout: { shadow: { sample: '0%' } } }, 'spec.rollout.shadow.sample is 0%'],
  [{ rollout: { canary: [], approval: { before: ['canary'] } } }, 'spec.rollout.approval.before is canary alone'],
  [{ rollout: { approval: { roles: ['risk'], escalateAfter: '1d' } } }, 'spec.rollout.approval.escalateTo is needed'],
  [{ rollout: { approval: { roles: ['risk'], escalateTo: ['chief'] } } }, 'spec.rollout.approval.escalateAfter is needed'],
  [{ rollout: { approval: { roles: ['risk'], escalateAfter: '7d', escalateTo: ['chief'] } } }, 'spec.rollout.approval.escalateAfter is not before the deadline (7d)'],
  [{ rollout: { approval: { escalateAfter: '1d', escalateTo: ['chief'] } } }, 'spec.rollout.approval.roles are none'],
])('%j is refused: %s', (spec, problem) => { expect(problems(file(spec)).join('\n')).toContain(problem); });

test.each([
  [{ labels: { delay: '30d', maturity: '1d' } }, 'spec.labels.maturity is shorter than labels.delay (30d)'],
  [{ labels: { delay: '1d', coverage: 0 } }, 'spec.labels.coverage must be above 0'],
  [{ labels: {} }, 'spec.labels.delay is missing'],
  [{ labels: { delay: '1d' }, rollout: { goal: 'no-worse' }, value: { currency: 'EUR', payoff: { tp: 1, fp: 0, tn: 0, fn: 0 } } }, 'spec.metrics[value].margin is needed'],
  [{ labels: { delay: '1d' }, rollout: { goal: 'healthy' }, metrics: [{ name: 'accuracy' }] }, 'spec.metrics makes accuracy required, but goal healthy'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'accuracy', role: 'guardrail' }] }, 'spec.metrics has no required metric'],
  [{ labels: { delay: '1d' }, contract: { task: 'multiclass' }, metrics: [{ name: 'brier' }] }, 'spec.metrics[brier] does not fit task multiclass'],
  [{ labels: { delay: '1d' }, contract: { task: 'binary' }, value: { currency: 'EUR', payoff: { perUnit: -1, clip: 5 } } }, 'spec.value.payoff is per unit of error'],
  [{ labels: { delay: '1d' }, value: { currency: 'EUR', payoff: { perUnit: -1 } } }, 'spec.value.payoff.clip is missing'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'pinball', margin: 1 }] }, 'spec.metrics[pinball].quantile is needed'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'accuracy', quantile: 0.5 }] }, 'spec.metrics[accuracy].quantile has no meaning here'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'cost', role: 'guardrail', margin: 1 }] }, 'spec.metrics[cost] needs what a second of serving costs'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'latency-p99', role: 'guardrail' }] }, 'spec.metrics[latency-p99].margin is needed'],
  [{ labels: { delay: '1d' }, rollout: { compare: 'split', shadow: { sample: '50%' } } }, 'spec.rollout.shadow has no meaning with compare: split'],
  [{ labels: { delay: '1d' }, rollout: { compare: 'split', shadow: { max: '5d' } } }, 'spec.rollout.shadow has no meaning with compare: split'],
  [{ contenders: ['filesystem:churn@7'] }, 'spec.contenders names a version twice, or the model itself'],
  [{ labels: { delay: '1d' }, contenders: ['filesystem:churn@8'], rollout: { compare: 'split' } }, 'spec.contenders do not go with compare: split'],
  [{ labels: { delay: '1d' }, contenders: ['filesystem:churn@8'], rollout: { provisional: {} } }, 'spec.contenders do not go with provisional'],
  [{ contenders: ['filesystem:churn@8'], serving: { backend: 'oip', url: 'http://x' } }, 'spec.contenders need a backend that lastmile loads models on'],
  [{ contenders: ['filesystem:churn@8'], externalMetrics: [{ name: 'o', source: { http: { url: 'http://x', value: '$.v' } }, better: 'lower', limit: 1 }] }, 'spec.contenders do not go with externalMetrics'],
  [{ contenders: ['churn'] }, 'spec.contenders[0]'],
  [{ labels: { delay: '1d' }, rollout: { compare: 'split', provisional: {} } }, 'spec.rollout.provisional does not go with compare: split'],
  [{ rollout: { provisional: {} } }, 'spec.rollout.provisional has no meaning without a required metric of outcomes'],
  [{ labels: { delay: '1d' }, rollout: { compare: 'split', canary: [] } }, 'spec.rollout.canary must begin with a share between 0% and 100%'],
  [{ labels: { delay: '1d' }, rollout: { compare: 'split', canary: [{ share: '100%' }] } }, 'spec.rollout.canary must begin with a share between 0% and 100%'],
  [{ labels: { delay: '1d' }, rollout: { compare: 'split' }, routing: { stickyHeader: 'x-user' } }, 'spec.routing keeps a caller with one version'],
  [{ labels: { delay: '1d', sampling: { least: 0.1 } }, rollout: { compare: 'split' } }, 'spec.labels.sampling does not go with compare: split'],
  [{ labels: { delay: '1d' }, rollout: { compare: 'split' }, metrics: [{ name: 'accuracy' }, { name: 'disagreement', margin: 0.1 }] }, 'spec.metrics[disagreement] needs the answers of both versions'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'accuracy', margin: { money: 1, currency: 'EUR' } }] }, 'spec.metrics[accuracy].margin.perUnit is needed: what one unit is worth'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'accuracy', margin: { money: 1, perUnit: 2 } }] }, 'spec.metrics[accuracy].margin.currency is needed'],
  [{ labels: { delay: '1d' }, value: { currency: 'EUR', payoff: { tp: 1, fp: 0, tn: 0, fn: 0 } }, metrics: [{ name: 'value', margin: { money: 1, perUnit: 2 } }] }, 'spec.metrics[value].margin.perUnit has no meaning here'],
  [{ labels: { delay: '1d' }, value: { currency: 'EUR', payoff: { tp: 1, fp: 0, tn: 0, fn: 0 } }, metrics: [{ name: 'accuracy', margin: { money: 1, perUnit: 2, currency: 'USD' } }] }, 'spec.metrics[accuracy].margin.currency is USD, and value is in EUR'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'accuracy', margin: { money: 1, perUnit: 0.5, currency: 'EUR' } }] }, 'spec.metrics[accuracy].margin is 2; it is a share'],
  [{ labels: { delay: '1d' }, metrics: [{ name: 'accuracy', margin: { mony: 1, perUnit: 2 } }] }, 'spec.metrics[0].margin.mony is not known here; did you mean money?'],
  [{ labels: { delay: '1d' }, rollout: { engine: 'quick' } }, 'spec.rollout.engine'],
  [{ labels: { delay: '1d', sampling: { least: 0 } } }, 'spec.labels.sampling.least'],
  [{ labels: { delay: '1d' }, segments: { jsonPath: '$.a', values: ['x', 'x'] } }, 'spec.segments.values names a value twice'],
  [{ labels: { delay: '1d' }, value: { currency: 'EUR', payoff: { tp: 1, fp: 0, tn: 0, fn: 0 } }, segments: { jsonPath: '$.a', values: ['x'] } }, 'spec.segments.margin is needed'],
  [{ labels: { delay: '1d' }, segments: { jsonPath: '$..a', values: ['x'] } }, 'spec.segments.jsonPath is not a path'],
  [{ segments: { jsonPath: '$.a', values: ['x'] } }, 'spec.segments are judged by a required metric of outcomes'],
  [{ drift: { falseAlarms: { perMonth: 0 } } }, 'spec.drift.falseAlarms.perMonth'],
])('%j is refused: %s', (spec, problem) => { expect(problems(file(spec)).join('\n')).toContain(problem); });

test.each([null, undefined, 3, 'text', [], () => 1, { spec: null }])('%p is no file', (input) => { expect(problems(input).length).toBeGreaterThan(0); });

test('the names here are the metrics that the judge knows, with the same needs', () => {
  const { share, ...judged } = METRICS;
  expect([...KNOWN_METRICS].sort()).toEqual(Object.keys(judged).sort());
  for (const [name, { kind }] of Object.entries(judged)) expect([name, METRIC_NAMES[name as keyof typeof METRIC_NAMES].kind]).toEqual([name, kind]);
  expect(share.kind).toBe('share');
});
