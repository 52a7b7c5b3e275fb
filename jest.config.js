/** Quick: no servers. Server: Temporal and mongod, started once by the global set-up. Foreign: suites that need Python or the like. */
const shared = {
  testEnvironment: 'node',
  // Tests run in a context of their own, where each look at a global is slow: simulations draw millions of numbers.
  sandboxInjectedGlobals: ['Math', 'Number'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
    '^.+\\.m?js$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } }, module: { type: 'commonjs' } }],
  },
  // Sources that Jest's CommonJS cannot load as they are: commander is an ES module; the MongoDB driver has one dynamic import.
  transformIgnorePatterns: ['/node_modules/(?!(commander/|mongodb/lib/runtime_adapters[.]js$))'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tools/', '<rootDir>/.data/', '<rootDir>/.build/'],
};
const tests = (pattern) => [`<rootDir>/test/**/*.${pattern}.ts`];
export default {
  projects: [
    { ...shared, displayName: 'quick', testMatch: tests('test'), testPathIgnorePatterns: ['\\.(server|foreign)\\.test\\.ts$'] },
    { ...shared, displayName: 'server', testMatch: tests('server.test'), globalSetup: '<rootDir>/test/support/global-setup.mjs', globalTeardown: '<rootDir>/test/support/global-teardown.mjs' },
    { ...shared, displayName: 'foreign', testMatch: tests('foreign.test') },
  ],
  // Long enough that a wait names what it waited for before Jest ends the test.
  testTimeout: 240_000,
  // Suites wait for servers more than they compute: two at once on two cores, and no more on any machine, since each may start a whole stack.
  maxWorkers: 2,
};
