/** Quick: no servers. Server: Temporal and mongod, started once by the global set-up. Foreign: suites that need Python or the like. */
const shared = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
    '^.+\\.m?js$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!(commander)/)'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tools/', '<rootDir>/.data/', '<rootDir>/.build/'],
};
const tests = (pattern) => [`<rootDir>/test/**/*.${pattern}.ts`];
export default {
  projects: [
    { ...shared, displayName: 'quick', testMatch: tests('test'), testPathIgnorePatterns: ['\\.(server|foreign)\\.test\\.ts$'] },
    { ...shared, displayName: 'server', testMatch: tests('server.test'), globalSetup: '<rootDir>/test/support/global-setup.mjs', globalTeardown: '<rootDir>/test/support/global-teardown.mjs' },
    { ...shared, displayName: 'foreign', testMatch: tests('foreign.test') },
  ],
  testTimeout: 60_000,
};
