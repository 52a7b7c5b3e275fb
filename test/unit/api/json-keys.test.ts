import fc from 'fast-check';
import { badKeyIn } from '../../../api/json-keys.ts';

const key = fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => text !== '__proto__');
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.boolean(), fc.double({ noNaN: true }), fc.string({ unit: 'binary', maxLength: 8 }), fc.array(tie('document'), { maxLength: 4 }), fc.dictionary(key, tie('document'), { maxKeys: 4, noNullPrototype: true })),
}));
/** The same text with every sign escaped. */
const escaped = (text: string): string => [...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');

test('what JSON.stringify writes has no key twice, however it is laid out', () => {
  fc.assert(fc.property(document, fc.constantFrom(undefined, 1, '\t', ' \n'), (value, space) => { expect(badKeyIn(JSON.stringify(value, null, space))).toBeNull(); }), { numRuns: 500, seed: 20261125 });
});

test('a key that stands twice is found at any depth, escaped or not, with anything between', () => {
  fc.assert(fc.property(key, fc.tuple(document, document), fc.boolean(), fc.constantFrom((text: string) => text, (text: string) => `[1,${text}]`, (text: string) => `{"\\"{":[{"x y":${text}}]}`), (twice, [a, b], isEscaped, wrap) => {
    const again = isEscaped ? `"${escaped(twice)}"` : JSON.stringify(twice);
    const text = wrap(`{ ${JSON.stringify(twice)} : ${JSON.stringify(a)} ,${again}\n:${JSON.stringify(b)}}`);
    JSON.parse(text);
    expect(badKeyIn(text)).toEqual({ key: twice, why: 'twice' });
  }), { numRuns: 500, seed: 20261126 });
});

test('__proto__ is a key of no document, and may well be a value', () => {
  for (const text of ['{"__proto__":1}', '{"a":[{"\\u005f_proto__":{}}]}']) expect(badKeyIn(text)).toEqual({ key: '__proto__', why: 'reserved' });
  for (const text of ['"__proto__"', '["__proto__","__proto__"]', '{"a":"__proto__"}', '{"a":"x","b":"x"}', '[{"a":1},{"a":1}]', '{"a":{"a":{"a":1}}}', '1', '""']) expect(badKeyIn(text)).toBeNull();
});
