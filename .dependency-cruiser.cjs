/** The import directions of lastmile, each with its reason. ARCHITECTURE.md shows the same table; test/arch compares them. */
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];
const pkg = (name) => `node_modules/${name}/`;

/** `name/` may import itself and `layers`; of packages only `packages`, or all but `banned`; Node's own modules only with `builtins`. */
const layer = (name, comment, { layers = [], packages, banned = [], builtins = false }) => [
  { name: `${name}-layers`, comment, severity: 'error', from: { path: `^${name}/` },
    to: { dependencyTypes: ['local'], pathNot: [`^${name}/`, ...layers.map((path) => `^${path}`)] } },
  { name: `${name}-packages`, comment, severity: 'error', from: { path: `^${name}/` },
    to: packages ? { dependencyTypes: NPM, pathNot: packages.map(pkg) } : { path: banned.map(pkg) } },
  ...(builtins ? [] : [{ name: `${name}-builtins`, comment, severity: 'error', from: { path: `^${name}/` }, to: { dependencyTypes: ['core'] } }]),
];
const TEMPORAL = '@temporalio';

module.exports = {
  forbidden: [
    ...layer('domain', 'Pure: runs in the workflow sandbox, in the browser, and in tests without a mock.', { packages: ['zod', '@noble/hashes'] }),
    ...layer('ports', 'A port is an interface over domain types, nothing more.', { layers: ['domain/'], packages: [] }),
    ...layer('conformance', 'The promises of the ports as plain checks.', { layers: ['domain/', 'ports/'], packages: [], builtins: true }),
    ...layer('artifact', 'What a model file is made of: bytes in, findings out; no network.', { layers: ['domain/', 'ports/'], packages: ['protobufjs'], builtins: true }),
    ...layer('adapters', 'An adapter turns one outside system into one port.', { layers: ['domain/', 'ports/', 'artifact/', 'config/', 'workflows/(messages|ids|task-queues)[.]ts$'], banned: ['express'], builtins: true }),
    ...layer('workflows', 'Workflow code must replay.', { layers: ['domain/', 'activities/index[.]ts$'], packages: ['@temporalio/workflow', '@temporalio/common'] }),
    ...layer('activities', 'The seam: ports in, domain errors out.', { layers: ['domain/', 'ports/', 'artifact/', 'workflows/ids[.]ts$'], packages: ['@temporalio/activity', '@temporalio/common'], builtins: true }),
    ...layer('workers', 'Composition root of the control plane.', { layers: ['domain/', 'ports/', 'config/', 'adapters/', 'workflows/', 'activities/', 'artifact/'], banned: ['express'], builtins: true }),
    ...layer('api', 'Talks to workflows by message, never by code.', { layers: ['domain/', 'ports/', 'config/', 'adapters/', 'artifact/', 'workflows/ids[.]ts$', 'web/'], banned: [TEMPORAL, 'mongodb'], builtins: true }),
    ...layer('config', 'Environment in, typed values out; and what every process starts with.', { layers: ['domain/'], packages: ['zod'], builtins: true }),
    ...layer('gateway', 'The data plane does not know the control plane.', { layers: ['domain/', 'ports/', 'config/'], banned: [TEMPORAL, 'mongodb', 'express'], builtins: true }),
    ...layer('modelhost', 'Runs models; knows neither workflows nor stores.', { layers: ['domain/', 'config/', 'artifact/'], banned: [TEMPORAL, 'mongodb', 'express'], builtins: true }),
    ...layer('collector', 'Records and labels in, sealed blocks out; never starts a workflow.', { layers: ['domain/', 'ports/', 'config/', 'adapters/'], banned: [TEMPORAL, 'express'], builtins: true }),
    ...layer('cli', 'An API client like any other.', { layers: ['domain/', 'ports/', 'api/contract[.]ts$', 'config/', 'artifact/', 'adapters/', 'conformance/', 'examples/market/', 'scripts/'], banned: [TEMPORAL, 'mongodb', 'express'], builtins: true }),
    ...layer('web', 'Pages from API answers: values in, HTML text out.', { layers: ['api/contract[.]ts$', 'domain/'], packages: [] }),
    { name: 'workflows-take-only-types-from-activities', severity: 'error', comment: 'A value import drags drivers into the workflow bundle.',
      from: { path: '^workflows/' }, to: { path: '^activities/', dependencyTypesNot: ['type-only'] } },
    { name: 'schemas-stay-at-the-edge', severity: 'error', comment: 'Parse at the edge; pure code and workflows use the types (zod adds about 1 MB to the workflow bundle).',
      from: { path: ['^workflows/', '^domain/'], pathNot: '[.]schema[.]ts$' }, to: { path: ['[.]schema[.]ts$', pkg('zod')], dependencyTypesNot: ['type-only'] } },
    { name: 'temporal-client-in-one-place', severity: 'error', comment: 'Everyone else talks through the Orchestrator port (decision D7).',
      from: { pathNot: ['^adapters/orchestrator/', '^workers/', '^workflows/', '^activities/', '^test/', '^scripts/', '^bench/'] }, to: { path: pkg(TEMPORAL) } },
    { name: 'mongodb-in-one-place', severity: 'error', comment: 'Everyone else talks through the store ports.',
      from: { pathNot: ['^adapters/store/mongodb/', '^test/', '^scripts/', '^bench/'] }, to: { path: pkg('mongodb') } },
    { name: 'data-plane-cannot-reach-the-control-plane', severity: 'error', comment: 'The gateway and modelhost keep serving when Temporal and MongoDB are gone.',
      from: { path: '^(gateway|modelhost)/' }, to: { path: [pkg(TEMPORAL), pkg('mongodb')], reachable: true } },
    { name: 'adapters-do-not-know-each-other', severity: 'error', comment: "What one port's adapters share lives in adapters/<port>/_shared/.",
      from: { path: '^adapters/([^/]+)/', pathNot: '/index[.]ts$' }, to: { path: '^adapters/', pathNot: ['^adapters/$1/', '^adapters/(define|standard-webhook)[.]ts$'] } },
    { name: 'only-main-picks-adapters', severity: 'error', comment: 'Each process wires ports to adapters in its main.ts; nobody else names one.',
      from: { pathNot: ['(^|/)main[.]ts$', '^adapters/', '^test/', '^examples/', '^bench/', '^scripts/', '^workers/wiring[.]ts$'] }, to: { path: '^adapters/' } },
    { name: 'no-cycles', severity: 'error', comment: 'Types count: a cycle means two files are one idea.', from: {}, to: { circular: true } },
    { name: 'nothing-imports-tests', severity: 'error', comment: 'Product code must not lean on tests.', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    { name: 'no-unresolved', severity: 'error', comment: 'A typo, or a package that is not declared.', from: {}, to: { couldNotResolve: true } },
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' }, exclude: { path: '^(dist|[.]tools|[.]data|[.]build)/' } },
};
