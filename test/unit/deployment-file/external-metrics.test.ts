import { renderDeployment } from '../../../domain/deployment-render.ts';
import { parseDeployment } from '../../../domain/deployment.schema.ts';
import type { ExternalMetric } from '../../../domain/external/metric.ts';
import { isLastmileError } from '../../../domain/errors.ts';

const PROMETHEUS = { prometheus: { url: 'http://prometheus:9090', query: 'avg(conversion{version="{{version}}"})' } };
const least = { name: 'conversion', source: PROMETHEUS, better: 'higher', limit: 0.2 };
const file = (externalMetrics: unknown, spec: Record<string, unknown> = {}): unknown => ({ apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' }, spec: { model: 'filesystem:churn@7', externalMetrics, ...spec } });
const parsed = (of: Record<string, unknown>): ExternalMetric => parseDeployment(file([{ ...least, ...of }])).spec.externalMetrics![0]!;

function problems(input: unknown): readonly string[] {
  try {
    parseDeployment(input);
    return [];
  } catch (error) {
    if (!isLastmileError(error)) throw error;
    return (error.details.problems as { path: string; problem: string }[]).map(({ path, problem }) => `${path} ${problem}`);
  }
}
const wrong = (of: Record<string, unknown>, spec: Record<string, unknown> = {}): readonly string[] => problems(file([{ ...least, ...of }], spec));

test('the least that an entry says, with every default; absent without entries', () => {
  expect(parsed({})).toEqual({
    name: 'conversion', role: 'guardrail', question: { kind: 'prometheus', ...PROMETHEUS.prometheus }, credentials: null, compare: 'challenger', better: 'higher', limit: 0.2, failBeyond: 0.2,
    initialDelayMs: 0, everyMs: 60_000, count: 5, failureLimit: 0, inconclusiveLimit: 60, maxAgeMs: 300_000, timeoutMs: 5_000,
  });
  expect(parseDeployment(file([])).spec).not.toHaveProperty('externalMetrics');
  expect(parseDeployment(file(undefined)).spec).not.toHaveProperty('externalMetrics');
});

test('an http source: GET, or POST with a body', () => {
  const http = (of: Record<string, unknown>): ExternalMetric['question'] => parsed({ source: { http: { url: 'https://shop.test/kpi?v={{version}}', value: 'data[0].rate', ...of } } }).question;
  expect(http({})).toEqual({ kind: 'http', url: 'https://shop.test/kpi?v={{version}}', method: 'GET', body: null, headers: {}, value: 'data[0].rate', timestamp: null });
  expect(http({ body: { version: '{{version}}' }, headers: { 'X-Team': 'a' }, timestamp: '$.at' })).toMatchObject({ method: 'POST', body: '{"version":"{{version}}"}', headers: { 'X-Team': 'a' }, timestamp: '$.at' });
});

test('none is no limit, and comes back as none', () => {
  const spec = parseDeployment(file([{ ...least, inconclusiveLimit: 'none' }]));
  expect(spec.spec.externalMetrics![0]!.inconclusiveLimit).toBeNull();
  expect(renderDeployment(spec).spec.externalMetrics).toMatchObject([{ inconclusiveLimit: 'none', every: '1m', source: PROMETHEUS }]);
});

test('what cannot be meant is refused, with what to write', () => {
  const at = 'spec.externalMetrics[conversion]';
  expect(wrong({ source: {} })).toEqual(['spec.externalMetrics[0].source must name one of prometheus, http']);
  expect(wrong({ source: { ...PROMETHEUS, http: { url: 'http://a', value: 'v' } } })).toEqual(['spec.externalMetrics[0].source must name one of prometheus, http']);
  expect(wrong({ source: { promtheus: {} } })).toEqual(['spec.externalMetrics[0].source.promtheus is not known here; did you mean prometheus?', 'spec.externalMetrics[0].source must name one of prometheus, http']);
  expect(wrong({ role: 'safety' })).toEqual(['spec.externalMetrics[0].role must be one of required, guardrail']);
  expect(wrong({ limit: undefined, better: undefined })).toEqual(['spec.externalMetrics[0].better is missing', 'spec.externalMetrics[0].limit is missing']);
  expect(wrong({ source: { http: { url: 'http://a', value: '$..rate' } } })).toEqual(['spec.externalMetrics[0].source.http.value is not a path to one value; write for example $.data[0].value']);
  expect(wrong({ source: { http: { url: 'ftp://a', value: 'v' } } })).toEqual(['spec.externalMetrics[0].source.http.url is not an http or https address']);
  expect(wrong({ source: { http: { url: 'http://{{version}}.test', value: 'v' } } })).toEqual([`${at}.source.http.url holds a placeholder in its host; they may stand behind it`]);
  expect(wrong({ source: { prometheus: { url: 'http://p/{{version}}', query: 'a' } } })).toEqual([`${at}.source.prometheus.url holds a placeholder; they may stand in the query`]);
  expect(wrong({ source: { prometheus: { url: 'http://p', query: 'a{v="{{verison}}"}' } } })).toEqual([`${at}.source.prometheus.query holds {{verison}}, which is not known; the known ones are deployment, model, version, variant, role`]);
  expect(wrong({ compare: 'ratio', source: { prometheus: { url: 'http://p', query: 'a{d="{{deployment}}"}' } } })).toEqual([`${at}.source.prometheus.query asks the same for champion and challenger, so that compare ratio would always see equals; use {{version}}, {{variant}} or {{role}}`]);
  expect(wrong({ source: { http: { url: 'http://a', value: 'v', method: 'GET', body: {} } } })).toEqual([`${at}.source.http.body cannot be sent with GET; write method: POST`]);
  const http = 'spec.externalMetrics[0].source.http';
  expect(wrong({ source: { http: { url: 'http://a', value: 'v', headers: { 'x-a': 'b\r\nc: d' } } } })).toEqual([`${http}.headers.x-a holds what no header can`]);
  expect(wrong({ source: { http: { url: 'http://a', value: 'v', body: Array.from({ length: 40 }).reduce((inner: unknown) => ({ inner }), 1) } } })).toEqual([`${http}.body is nested too deep`]);
  const secret = `${at}.source carries credentials; the operator keeps them for the worker (LASTMILE_METRIC_CREDENTIALS), and credentials: NAME names them`;
  expect(wrong({ source: { prometheus: { url: 'http://user:word@p', query: 'a' } } })).toEqual([secret]);
  expect(wrong({ source: { http: { url: 'http://a', value: 'v', headers: { Authorization: 'Bearer x' } } } })).toEqual([secret]);
  expect(wrong({ failBeyond: 0.3 })).toEqual([`${at}.failBeyond is on the good side of the limit (0.2); with better: higher it is at or below it`]);
  expect(wrong({ better: 'lower', failBeyond: 0.1 })).toEqual([`${at}.failBeyond is on the good side of the limit (0.2); with better: lower it is at or above it`]);
  expect(wrong({ every: '500ms', timeout: '400ms' })).toEqual([`${at}.every is shorter than 1s`]);
  expect(wrong({ every: '2s' })).toEqual([`${at}.timeout is longer than every (2s)`]);
  expect(wrong({ every: '5m', timeout: '2m' })).toEqual([`${at}.timeout is longer than 1m`]);
  expect(wrong({ every: '1d', count: 31 })).toEqual([`${at}.count is more than the horizon (30d) has room for: the last of them would come after 30d`]);
  expect(wrong({ name: 'errors' })).toEqual(['spec.externalMetrics[errors] is the name of a metric of lastmile; give it another name']);
  expect(problems(file([least, least]))).toEqual(['spec.externalMetrics names conversion twice']);
});

test('a required number of another system is no proof: goal better still needs a metric that is', () => {
  expect(wrong({ role: 'required' }, { labels: { delay: '1d' }, metrics: [{ name: 'accuracy', role: 'guardrail' }], rollout: { goal: 'better' } })).toEqual(['spec.metrics has no required metric, which goal better is judged on; make one required']);
  expect(parseDeployment(file([{ ...least, role: 'required' }])).spec.rollout.goal).toBe('healthy');
});
