/** fast-check with fewer runs a property: what a change of the code breaks mostly shows in the first dozen, and each mutant runs all properties that reach it. */
const MOST_RUNS = 15;
const real = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

const assert = (property, options = {}) => real.assert(property, { ...options, numRuns: Math.min(options.numRuns ?? MOST_RUNS, MOST_RUNS) });
module.exports = { ...real, assert, __esModule: true, default: { ...real.default, assert } };
