import { metricSources } from '../../../adapters/metrics/index.ts';
import { askingFor, metricSourcePromises, type MetricSourceSystem } from '../../../conformance/metric-source.ts';
import { createEgress, type Egress } from '../../../config/egress.ts';
import { metricCredentials, type AllMetricCredentials } from '../../../config/metric-credentials.ts';
import { Secret } from '../../../config/schema.ts';
import type { HttpQuestion, PrometheusQuestion, Question } from '../../../domain/external/metric.ts';
import type { Reading } from '../../../domain/external/measurement.ts';
import type { Asking } from '../../../ports/metric-source.ts';
import { answerAsPrometheus, json, QUERIES, sourceServer, type Heard, type SourceServer } from './source-server.ts';

const LOCAL = createEgress('source', { allow: [], loopback: true, own: [] });
const NOBODY = 'http://127.0.0.1:9';
const servers: SourceServer[] = [];
async function serve(...of: Parameters<typeof sourceServer>): Promise<SourceServer> { const server = await sourceServer(...of); servers.push(server); return server; }
afterAll(() => Promise.all(servers.map((server) => server.close())));

const open = (of: { egress?: Egress; credentials?: AllMetricCredentials } = {}) => ({ egress: LOCAL, credentials: {}, ...of });
const prometheus = (query: string, url: string): PrometheusQuestion => ({ kind: 'prometheus', url, query });
const http = (url: string, of: Partial<HttpQuestion> = {}): HttpQuestion => ({ kind: 'http', url, method: 'GET', body: null, headers: {}, value: '$.v', timestamp: null, ...of });

test('the suites cover every source of the catalogue', () => { expect(Object.keys(metricSources).sort()).toEqual(['http', 'memory', 'prometheus']); });

describe('prometheus', () => {
  let system: MetricSourceSystem<PrometheusQuestion>;
  beforeAll(async () => {
    const { url } = await serve(answerAsPrometheus);
    const asked = (name: keyof typeof QUERIES): PrometheusQuestion => prometheus(QUERIES[name], url);
    system = { source: metricSources.prometheus.create(open()), questions: { number: asked('number'), negative: { question: asked('negative'), value: -1.25e-7 }, nothing: asked('nothing'), nan: asked('nan'), infinite: asked('infinite'), text: asked('text'), refused: asked('refused'), nobody: prometheus('vector(1)', NOBODY) } };
  });
  test.each(Object.entries(metricSourcePromises<PrometheusQuestion>()))('%s', (_title, check) => check(system));
});

describe('http', () => {
  let system: MetricSourceSystem<HttpQuestion>;
  beforeAll(async () => {
    const values: Readonly<Record<string, string>> = { '/number': '{"v":42.5}', '/negative': '{"v":"-1.25e-7"}', '/nothing': '{"w":1}', '/nan': '{"v":NaN}', '/infinite': '{"v":"-Inf"}', '/text': '{"v":"a text"}' };
    const { url } = await serve(({ path }, response) => { const found = values[path]; if (found === undefined) response.writeHead(403).end('not for you'); else json(response, found); });
    system = { source: metricSources.http.create(open()), questions: { number: http(`${url}/number`), negative: { question: http(`${url}/negative`), value: -1.25e-7 }, nothing: http(`${url}/nothing`), nan: http(`${url}/nan`), infinite: http(`${url}/infinite`), text: http(`${url}/text`), refused: http(`${url}/refused`), nobody: http(NOBODY) } };
  });
  test.each(Object.entries(metricSourcePromises<HttpQuestion>()))('%s', (_title, check) => check(system));
});

describe('memory', () => {
  const answers: Readonly<Record<string, Reading>> = { negative: { value: -1.25e-7, sampleMs: 0 }, nothing: { none: 'no-series', text: 'none' }, nan: { none: 'not-finite', text: 'NaN' }, infinite: { none: 'not-finite', text: '-Inf' }, text: { none: 'no-number', text: 'a text' }, refused: { none: 'refused', text: 'no' }, nobody: { none: 'unreachable', text: 'nobody' } };
  const source = metricSources.memory.create({ answer: (question) => answers[question as string] ?? { value: 42.5, sampleMs: Date.now() } });
  const system: MetricSourceSystem<unknown> = { source, questions: { number: 'number', negative: { question: 'negative', value: -1.25e-7 }, nothing: 'nothing', nan: 'nan', infinite: 'infinite', text: 'text', refused: 'refused', nobody: 'nobody' } };
  test.each(Object.entries(metricSourcePromises<unknown>()))('%s', (_title, check) => check(system));
});

type Answer = (heard: Heard, response: Parameters<Parameters<typeof sourceServer>[0]>[1]) => void;
async function readFrom(answer: Answer, of: { ask?: Partial<Asking<Question>>; question?: (url: string) => Question } = {}): Promise<Reading & { readonly heard: readonly Heard[] }> {
  const server = await serve(answer);
  const question = of.question?.(server.url) ?? prometheus('up', server.url);
  const read = question.kind === 'prometheus' ? metricSources.prometheus.create(open()).read(askingFor(question, of.ask as Partial<Asking<PrometheusQuestion>>)) : metricSources.http.create(open()).read(askingFor(question, of.ask as Partial<Asking<HttpQuestion>>));
  return { ...await read, heard: server.heard };
}

describe('what a Prometheus may answer', () => {
  const data = (resultType: string, result: unknown, more: object = {}): Answer => (_, response) => { json(response, { status: 'success', data: { resultType, result }, ...more }); };
  test.each<[string, Answer, object]>([
    ['a scalar', data('scalar', [1_700_000_000.123, '7']), { value: 7, sampleMs: 1_700_000_000_123 }],
    ['several series', data('vector', [{ metric: {}, value: [1, '1'] }, { metric: {}, value: [1, '2'] }]), { none: 'several-series', text: 'the query finds 2 series; aggregate them to one, with sum or avg' }],
    ['a range', data('matrix', []), { none: 'no-number' }],
    ['a native histogram', data('vector', [{ metric: {}, histogram: [1, {}] }]), { none: 'no-number' }],
    ['an empty number', data('vector', [{ metric: {}, value: [1, ''] }]), { none: 'not-finite' }],
    ['a part of the data (Thanos)', data('vector', [{ metric: {}, value: [1, '1'] }], { warnings: ['store is down'] }), { none: 'partial', text: 'the answer is partial: store is down' }],
    ['with hints that are no warnings', data('scalar', [1, '1'], { infos: ['might not be a counter'] }), { value: 1 }],
    ['an error with 200', (_, response) => { json(response, { status: 'error', error: 'query timed out' }); }, { none: 'refused', text: 'the query was refused: query timed out' }],
    ['something else', (_, response) => { json(response, { ok: true }); }, { none: 'not-the-format' }],
    ['a page', (_, response) => { response.writeHead(200).end('<html>'); }, { none: 'not-the-format' }],
    ['a redirect', (_, response) => { response.writeHead(302, { location: 'http://169.254.169.254/' }).end(); }, { none: 'refused', text: expect.stringContaining('a redirect, which is not followed') as string }],
    ['half an answer', (_, response) => { response.writeHead(200, { 'content-length': '100' }).write('{'); setTimeout(() => response.destroy(), 20); }, { none: 'unreachable' }],
    ['too much', (_, response) => { response.writeHead(200).end(' '.repeat((1 << 20) + 1)); }, { none: 'too-large' }],
  ])('%s', async (_name, answer, expected) => { expect(await readFrom(answer)).toMatchObject(expected); });

  test('an answer that does not come is a reason, in time', async () => {
    expect(await readFrom(() => undefined, { ask: { timeoutMs: 100 } })).toMatchObject({ none: 'too-slow', text: expect.stringMatching(/gave no answer within 100 ms$/) as string });
  });

  test('is asked by POST, with the time limit and how old a sample may be', async () => {
    const { heard } = await readFrom(answerAsPrometheus, { question: (url) => prometheus(QUERIES.number, `${url}/prefix/`), ask: { timeoutMs: 1_500, maxAgeMs: 60_000 } });
    expect(heard.map(({ method, path, body }) => [method, path, Object.fromEntries(new URLSearchParams(body))])).toEqual([['POST', '/prefix/api/v1/query', { query: QUERIES.number, timeout: '1500ms', lookback_delta: '60000ms' }]]);
  });
});

describe('what a JSON endpoint may answer', () => {
  const value = (text: string, headers: Readonly<Record<string, string>> = {}): Answer => (_, response) => { json(response, text, headers); };
  test.each<[string, string, Partial<HttpQuestion>, object]>([
    ['deep in lists', '{"data":[{"rate":0.5}]}', { value: '$.data[0].rate' }, { value: 0.5 }],
    ['null', '{"v":null}', {}, { none: 'not-finite' }], ['true', '{"v":true}', {}, { none: 'no-number' }], ['an object', '{"v":{}}', {}, { none: 'no-number' }],
    ['hexadecimal', '{"v":"0x10"}', {}, { none: 'no-number' }], ['an empty text', '{"v":""}', {}, { none: 'no-number' }], ['overflow', '{"v":1e999}', {}, { none: 'no-number' }], ['overflow as text', '{"v":"1e999"}', {}, { none: 'no-number' }],
    ['inherited', '{}', { value: '$.constructor' }, { none: 'no-series' }], ['no JSON', 'v=1', {}, { none: 'not-the-format' }],
    ['its time in seconds', '{"v":1,"at":1700000000.5}', { timestamp: 'at' }, { value: 1, sampleMs: 1_700_000_000_500 }],
    ['its time in milliseconds', '{"v":1,"at":1700000000500}', { timestamp: 'at' }, { value: 1, sampleMs: 1_700_000_000_500 }],
    ['its time as ISO 8601', '{"v":1,"at":"2023-11-14T22:13:20.500Z"}', { timestamp: 'at' }, { value: 1, sampleMs: 1_700_000_000_500 }],
    ['no time where one is promised', '{"v":1}', { timestamp: 'at' }, { none: 'no-number', text: 'the answer has no time at at; write seconds, milliseconds or ISO 8601' }],
  ])('%s', async (_name, text, of, expected) => { expect(await readFrom(value(text), { question: (url) => http(url, of) })).toMatchObject(expected); });

  test('what a cache held is that much older', async () => {
    const { sampleMs, heard } = await readFrom(value('{"v":1}', { age: '600' }), { question: (url) => http(url) }) as { sampleMs: number; heard: readonly Heard[] };
    expect(Date.now() - sampleMs).toBeGreaterThanOrEqual(600_000);
    expect(heard).toHaveLength(1);
  });

  test('headers and body go as the file says', async () => {
    const { heard } = await readFrom(value('{"v":1}'), { question: (url) => http(`${url}/q?a=1`, { method: 'POST', body: '{"a":[1]}', headers: { 'x-team': 'growth' } }) });
    expect(heard).toMatchObject([{ method: 'POST', path: '/q?a=1', body: '{"a":[1]}', headers: { 'x-team': 'growth', 'content-type': 'application/json' } }]);
  });
});

describe('credentials and where a file may point', () => {
  const named = (entries: object): AllMetricCredentials => metricCredentials(new Secret(JSON.stringify(entries)));

  test('go to their origin and for their tenants alone', async () => {
    const server = await serve(answerAsPrometheus);
    const credentials = named({ token: { origin: server.url, bearer: 'abc' }, user: { origin: server.url, user: 'ann', password: 'a:b' }, other: { origin: 'https://elsewhere.test', bearer: 'abc' }, mine: { origin: server.url, bearer: 'abc', tenants: ['acme'] } });
    const source = metricSources.prometheus.create(open({ credentials }));
    const read = (name: string, tenant = 'acme'): Promise<Reading> => source.read(askingFor(prometheus(QUERIES.number, server.url), { credentials: name, tenant }));
    for (const name of ['token', 'user', 'mine']) expect(await read(name)).toMatchObject({ value: 42.5 });
    expect(server.heard.map(({ headers }) => headers.authorization)).toEqual(['Bearer abc', `Basic ${Buffer.from('ann:a:b').toString('base64')}`, 'Bearer abc']);
    expect(await read('other')).toMatchObject({ none: 'no-credentials', text: `credentials other are not for ${server.url}` });
    expect(await read('mine', 'beta')).toMatchObject({ none: 'no-credentials' });
    expect(await read('constructor')).toMatchObject({ none: 'no-credentials' });
    expect(server.heard).toHaveLength(3);
  });

  test.each([['not json', 'LASTMILE_METRIC_CREDENTIALS is not JSON'], ['[]', 'expected record'], ['{"A b":{"origin":"http://a","bearer":"x"}}', 'A b'], ['{"a":{"origin":"http://a/path","bearer":"secret-word"}}', 'a'], ['{"a":{"origin":"http://a"}}', 'a'], ['{"a":{"origin":"http://a","bearer":"secret-word\\n"}}', 'a']])('%s is refused without telling a secret', (text, part) => {
    let message = '';
    try { metricCredentials(new Secret(text)); } catch (error) { ({ message } = error as Error); }
    expect(message).toContain('LASTMILE_METRIC_CREDENTIALS');
    expect(message).toContain(part);
    expect(message).not.toContain('secret-word');
  });

  test('no byte reaches an address that the operator does not allow', async () => {
    const server = await serve(answerAsPrometheus);
    const strict = createEgress('source', { allow: [], loopback: false, own: [server.url] });
    const read = (egress: Egress, url: string): Promise<Reading> => metricSources.prometheus.create(open({ egress })).read(askingFor(prometheus(QUERIES.number, url)));
    const rebound = createEgress('source', { allow: ['metrics.test'], loopback: false, own: [] }, (_host, _options, done) => { done(null, [{ address: '127.0.0.1', family: 4 }]); });
    for (const [egress, url] of [[createEgress('source', { allow: [], loopback: false, own: [] }), server.url], [rebound, server.url.replace('127.0.0.1', 'metrics.test')], [LOCAL, 'http://169.254.169.254/'], [LOCAL, 'http://10.0.0.1/'], [LOCAL, 'http://ann:word@127.0.0.1/']] as const) {
      expect(await read(egress, url)).toMatchObject({ none: 'denied', text: expect.stringContaining('is not called') as string });
    }
    expect(server.heard).toEqual([]);
    expect(await read(strict, server.url)).toMatchObject({ value: 42.5 });
  });
});
