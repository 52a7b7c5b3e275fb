import fc from 'fast-check';
import type { HttpQuestion, PrometheusQuestion } from '../../../domain/external/metric.ts';
import { fill, tellsSidesApart, unknownPlaceholders, type Names } from '../../../domain/external/question.ts';

const NAMES: Names = { deployment: 'churn', model: 'churn-model', version: '7.1-rc', variant: 'var_1', role: 'challenger' };
const asked = (query: string): PrometheusQuestion => ({ kind: 'prometheus', url: 'http://p:9090', query });
const http = (of: Partial<HttpQuestion> = {}): HttpQuestion => ({ kind: 'http', url: 'https://x.test/{{deployment}}/{{ version }}?v={{variant}}', method: 'POST', body: '{"q":"{{role}}"}', headers: { 'x-a': '{{role}}' }, value: '$.v', timestamp: null, ...of });

test('placeholders are filled in, with or without spaces, each time', () => {
  expect(fill(asked('a{v="{{version}}",r="{{ role }}"} / a{v="{{version}}"}'), NAMES)).toEqual(asked('a{v="7.1-rc",r="challenger"} / a{v="7.1-rc"}'));
  expect(fill(http(), NAMES)).toEqual(http({ url: 'https://x.test/churn/7.1-rc?v=var_1', body: '{"q":"challenger"}' }));
  expect(fill(asked('sum(rate(a[5m]))'), NAMES)).toEqual(asked('sum(rate(a[5m]))'));
});

test('which placeholders are not known, and which tell the sides apart', () => {
  expect(unknownPlaceholders(asked('a{v="{{verison}}",w="{{version}}",x="{{}}"}'))).toEqual(['verison', '']);
  expect([asked('a{d="{{deployment}}",m="{{model}}"}'), asked('{{role}}'), http({ url: 'https://x.test', body: null }), http()].map(tellsSidesApart)).toEqual([false, true, false, true]);
});

test('a name that could change the question is refused, whatever it holds', () => {
  for (const version of ['1"} or vector(1', "1'", '1\\', '1\n', '1{', '..', 'a..b', '/etc', 'a/../b', '1 2', '', '-1', '%2e', 'é', '{{role}}', `1${'x'.repeat(200)}`]) expect([version, fill(asked('a{v="{{version}}"}'), { ...NAMES, version })]).toEqual([version, { unsafe: 'version' }]);
  expect(fill(asked('a{v="{{deployment}}"}'), { ...NAMES, version: '"' })).toEqual(asked('a{v="churn"}'));   // what is not asked for does not matter
});

test('property: what is filled in has no quote, brace, backslash or space', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (version) => {
    const filled = fill(asked('<{{version}}>'), { ...NAMES, version });
    if (!('unsafe' in filled)) expect((filled as PrometheusQuestion).query).toMatch(/^<[A-Za-z0-9._:+@/-]+>$/);
  }));
});
