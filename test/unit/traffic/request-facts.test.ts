import { clientAlias, eventTime, forwardedHeaders, passedHeaders, stickyKey } from '../../../gateway/request-facts.ts';
import { parseTarget } from '../../../gateway/paths.ts';

test('a model server gets end-to-end headers only: no hop-by-hop field, no credential, nothing of ours, nothing that Connection names', () => {
  expect(forwardedHeaders({
    connection: 'keep-alive, X-Hop', 'x-hop': '1', host: 'a', te: 'trailers', 'transfer-encoding': 'chunked', authorization: 'Bearer k', cookie: 'c=1', 'accept-encoding': 'gzip',
    'x-lastmile-shadow': '1', 'content-type': 'application/json', 'ce-id': '7', accept: '*/*',
  })).toEqual({ 'accept-encoding': 'identity', 'content-type': 'application/json', 'ce-id': '7', accept: '*/*' });
});

test('an answer keeps its headers but cannot speak in our name', () => {
  expect(passedHeaders({ 'content-type': 'text/plain', 'x-lastmile-variant': 'forged', 'transfer-encoding': 'chunked', 'set-cookie': ['a=1', 'b=2'], 'retry-after': '3' }))
    .toEqual({ 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'], 'retry-after': '3' });
});

test.each([['1772366400000', 1_772_366_400_000], ['-1', -1], ['2026-03-01T12:00:00Z', 1_772_366_400_000], ['2026-03-01T13:00:00.5+01:00', 1_772_366_400_500], [undefined, null]])('event time %p', (text, ms) => {
  expect(eventTime(text === undefined ? {} : { 'x-lastmile-event-time': text })).toBe(ms);
});
test.each(['', 'NaN', '1e3', '2026-03-01', '2026-02-30T25:00:00Z', '12:00', '9'.repeat(16)])('%p is no event time', (text) => {
  expect(() => eventTime({ 'x-lastmile-event-time': text })).toThrow('x-lastmile-event-time must be');
});
test.each(['', 'a b', 'a\u0000', 'ü'])('%p is no alias', (text) => { expect(() => clientAlias({ 'x-inference-id': text })).toThrow('x-inference-id must be'); });

describe('the sticky key', () => {
  const both = { stickyHeader: 'X-Customer', stickyJsonPath: 'parameters.customer' };
  const body = Buffer.from('{"parameters":{"customer":"from-body"}}');
  test('header before body, whatever the case in the file', () => {
    expect(stickyKey(both, { 'x-customer': 'from-header' }, body)).toBe('from-header');
    expect(stickyKey(both, {}, body)).toBe('from-body');
    expect(stickyKey({ stickyHeader: null, stickyJsonPath: null }, { 'x-customer': 'a' }, body)).toBeNull();
  });
  test.each([[{}, '{"parameters":{}}'], [{}, '{broken'], [{ 'content-encoding': 'gzip' }, body.toString()], [{ 'inference-header-content-length': '10' }, body.toString()]])('none for %p %p', (headers, text) => {
    expect(stickyKey(both, headers, Buffer.from(text))).toBeNull();
  });
});

describe('paths', () => {
  const model = { kind: 'model', tenant: null, model: 'churn', version: null, ask: 'metadata' };
  test.each([
    ['/v2', { kind: 'server' }], ['/v2/', { kind: 'server' }], ['/t/acme/v2/health/live', { kind: 'live' }], ['/status?x=1', { kind: 'status' }],
    ['/v2/models/churn', model], ['/v2/models/churn/infer', { ...model, ask: 'infer' }], ['/v2/models/churn/versions/1.2%2B3/infer/', { ...model, version: '1.2+3', ask: 'infer' }],
    ['/t/acme/v2/models/churn/ready', { ...model, tenant: 'acme', ask: 'ready' }],
  ])('%s', (path, target) => { expect(parseTarget(path)).toEqual(target); });
  test.each(['', '/', '/v1', '/v2/models', '/v2/models/', '/v2/models/Churn', '/v2/models/churn/explain', '/v2/models/churn/versions/', '/v2/models/churn/versions//infer', '/v2/models/churn/metadata', '/t//v2', '/t/A/v2', '/t/acme/t/b/v2', '//v2', '/v2/models/churn/versions/%E0%A4%A/infer'])('%p is nothing', (path) => {
    expect(parseTarget(path)).toBeNull();
  });
});
