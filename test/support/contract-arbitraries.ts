import fc from 'fast-check';

/** Values that answers of broken servers hold. */
const cell = fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -3, max: 3 }), fc.constantFrom(null, 'NaN', '-Infinity', 'yes', '', true, false, 1e999), fc.constant({}), fc.constant([]));

/** Answers that are nearly right: a name, datatype, shape or data of an output is off, or nothing is. */
export const nearlyAnswers: fc.Arbitrary<unknown> = fc.record({
  model_name: fc.constantFrom('m', 3, null),
  outputs: fc.array(fc.record({
    name: fc.constantFrom('label', 'probabilities', 'score', 'other', 7, null),
    datatype: fc.constantFrom('FP32', 'INT64', 'BYTES', 'FP99', null),
    shape: fc.oneof(fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }), fc.constantFrom(null, 'x', [1e9, 1e9])),
    data: fc.oneof(fc.array(cell, { maxLength: 7 }), fc.array(fc.array(cell, { maxLength: 3 }), { maxLength: 3 }), fc.constantFrom(null, 'x', 3)),
  }, { requiredKeys: [] }), { maxLength: 4 }),
}, { requiredKeys: [] });

/** Any text that a server may answer with, from JSON of any shape to half a JSON document. */
export const answerTexts: fc.Arbitrary<string> = fc.oneof(
  fc.json(), fc.string(), nearlyAnswers.map((answer) => JSON.stringify(answer)),
  nearlyAnswers.map((answer) => JSON.stringify(answer).replaceAll('null', 'NaN')),
  fc.tuple(nearlyAnswers, fc.integer({ min: 0, max: 300 })).map(([answer, at]) => JSON.stringify(answer).slice(0, at)),
);
