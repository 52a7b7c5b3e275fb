import fc from 'fast-check';

/** Deployment files as people write them; most of them hold together, some do not. */

const duration = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom('m', 'h', 'd')).map(([n, unit]) => `${String(n)}${unit}`);
const share = fc.oneof(fc.integer({ min: 1, max: 10_000 }).map((n) => `${String(n / 100)}%`), fc.integer({ min: 1, max: 10_000 }).map((n) => n / 10_000));
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const object = (of: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.entries(of).map(([key, value]) => [key, optional(value)]))).map((value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)));

const output = fc.oneof(fc.constantFrom('score', 'probabilities[1]', 'output:0'), fc.tuple(fc.stringMatching(/^[a-z_:./]{1,12}$/), fc.nat(9)).map(([name, i]) => `${name}[${String(i)}]`));
const tensor = fc.record({ name: fc.constantFrom('x', 'y'), datatype: fc.constant('FP32'), shape: fc.constant([1, 2]), data: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 2 }) });
const golden = fc.record({ request: fc.record({ inputs: fc.array(tensor, { minLength: 1, maxLength: 2 }) }), tolerance: fc.constantFrom(0, 1e-6) });
const labels = fc.tuple(duration, object({ coverage: share, grace: duration, clock: fc.constantFrom('gateway', 'event'), sampling: fc.constantFrom({ least: 0.05 }, { least: 0.5 }) })).map(([delay, rest]) => ({ delay, ...rest }));
const canary = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 4 }).map((steps) => [...steps].sort((a, b) => a - b).map((n) => ({ share: `${String(n)}%` })));
const role = fc.constantFrom('risk', 'desk');
const approval = fc.tuple(object({ before: fc.constantFrom(['promote'], ['canary', 'promote']), roles: fc.array(role, { maxLength: 2 }), count: fc.integer({ min: 1, max: 3 }), notAuthor: fc.boolean() }), fc.constantFrom({}, { roles: ['risk'], escalateAfter: '30s', escalateTo: ['board'] }, { deadline: '3d' }))
  .map(([rules, escalation]) => ({ ...rules, ...escalation }));
const rollout = object({ approval, compare: fc.constantFrom('paired', 'paired', 'paired', 'split'), provisional: fc.constantFrom(undefined, undefined, {}, { minCycles: 3 }), cycle: duration, minCycles: fc.integer({ min: 1, max: 9 }), pilotCycles: fc.nat(12), shadow: object({ sample: share }), canary, horizon: duration, idle: duration, whenInconclusive: fc.constantFrom('keep', 'ask'), ask: duration, whenBusy: fc.constantFrom('refuse', 'queue', 'supersede'), alpha: fc.constantFrom(0.01, 0.1), engine: fc.constantFrom('strict', 'fast'), falsePromotions: object({ perYear: fc.constantFrom(0.05, 1) }), goal: fc.constantFrom('better', 'no-worse', 'healthy') });
const metric = fc.tuple(fc.constantFrom('accuracy', 'brier', 'value', 'auc', 'pinball', 'latency-p99', 'collapse', 'errors', 'latency', 'off-contract', 'disagreement'), object({ role: fc.constantFrom('required', 'guardrail', 'safety'), margin: fc.oneof(share, fc.constant({ money: 0.002, perUnit: 0.25, currency: 'EUR' })), lossBound: fc.constantFrom(0.5, 2) })).map(([name, rest]) => ({ name, ...rest, ...(name === 'pinball' ? { quantile: 0.9 } : {}) }));
const value = fc.record({ currency: fc.constantFrom('EUR', 'USD'), payoff: fc.record({ tp: fc.integer(), fp: fc.integer(), tn: fc.integer(), fn: fc.integer() }), costPerRequest: fc.constantFrom(0, 0.001), costPerSecond: fc.constantFrom(0, 0.01) });

const source = fc.oneof(
  fc.constant({ prometheus: { url: 'http://prometheus:9090', query: 'sum(rate(errors{version="{{version}}"}[5m]))' } }),
  object({ body: fc.jsonValue(), headers: fc.constant({ 'x-team': 'growth' }), timestamp: fc.constant('$.at') }).map((rest) => ({ http: { url: 'https://shop.test/{{role}}', value: '$.data[0].value', ...rest } })),
);
const external = fc.tuple(fc.record({ source, better: fc.constantFrom('lower', 'higher'), limit: fc.double({ min: -5, max: 5, noNaN: true }).map((limit) => (limit === 0 ? 0 : limit)) }), object({
  role: fc.constantFrom('required', 'guardrail'), credentials: fc.constant('shop'), compare: fc.constantFrom('challenger', 'difference', 'ratio'), initialDelay: fc.constantFrom('0s', '10m'), every: fc.constantFrom('20s', '1m', '5m'), count: fc.integer({ min: 1, max: 9 }),
  failureLimit: fc.nat(3), inconclusiveLimit: fc.oneof(fc.nat(9), fc.constant('none')), maxAge: duration, timeout: fc.constantFrom('1s', '20s'),
})).map(([of, rest]) => ({ ...of, ...rest }));

const spec = fc.tuple(fc.constantFrom('filesystem:churn@7', 'memory:a/b@1.0-rc'), object({
  contenders: fc.constantFrom(undefined, undefined, undefined, ['filesystem:churn@8'], ['filesystem:churn@8', 'filesystem:churn@9']), labels, rollout, value, metrics: fc.uniqueArray(metric, { selector: ({ name }) => name, maxLength: 3 }),
  contract: object({ task: fc.constantFrom('binary', 'multiclass'), score: output, class: output, classes: fc.constantFrom(['a', 'b'], [0, 1]), threshold: fc.constantFrom(0.5, 0.3), range: fc.constant([0, 1]), golden: fc.array(golden, { maxLength: 2 }), latency: duration }),
  serving: object({ backend: fc.constant('modelhost'), resources: object({ threads: fc.integer({ min: 1, max: 8 }), isolation: fc.constantFrom('process', 'shared') }) }),
  routing: object({ stickyHeader: fc.constantFrom('X-User', 'x-user'), stickyJsonPath: fc.constant('parameters.user') }),
  fallback: fc.constantFrom(['closed'], ['last-good'], ['last-good', 'closed']), onLostControl: fc.constantFrom('serve', 'failClosed'),
  retrain: fc.record({ every: duration, command: fc.constant(['make', 'model']) }), records: object({ inputs: fc.boolean(), keep: duration }),
  externalMetrics: fc.array(external, { minLength: 1, maxLength: 2 }).map((list) => list.map((of, i) => ({ name: `outside-${String(i)}`, ...of }))),
  segments: fc.tuple(fc.constantFrom(['eu'], ['eu', 'us', 'North America']), fc.constantFrom(0, 0.05)).map(([values, margin]) => ({ jsonPath: '$.parameters.region', values, margin })),
  drift: object({ window: duration, falseAlarms: object({ perMonth: fc.constantFrom(0.5, 3) }), least: fc.constantFrom(0.05, 0.2) }),
  drills: fc.tuple(duration, object({ limit: duration })).map(([every, rest]) => ({ every, ...rest })),
})).map(([model, { segments, ...rest }]) => ({ model, ...rest, ...(segments !== undefined && rest.labels !== undefined && (rest.rollout as { goal?: string } | undefined)?.goal !== 'healthy' ? { segments } : {}) }));

export const deploymentFile = spec.map((of) => ({ apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn', labels: { team: 'growth' } }, spec: of }));
