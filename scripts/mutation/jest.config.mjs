import config from '../../jest.config.js';

/** The quick project over the tests that scripts/mutate.ts names, from the root of the copy that Stryker works in. */
const [{ displayName: _, ...quick }] = config.projects;
export default { ...quick, rootDir: process.cwd(), testMatch: (process.env.LASTMILE_MUTATION_TESTS ?? '').split(' ').map((test) => `<rootDir>/${test}`) };
