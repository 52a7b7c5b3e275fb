import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROUTES } from '../../../api/contract.ts';
import { deploymentJsonSchema } from '../../../domain/deployment.schema.ts';
import { KNOWN_METRICS } from '../../../domain/metric-names.ts';

const text = (name: string): string => readFileSync(join(__dirname, '../../../docs', name), 'utf8');

test('docs/api.md lists the routes of the contract with their scopes, and no other', () => {
  const said = [...text('api.md').matchAll(/^\| `([A-Z]+) (\S+)` \|.*\| (\w+) \|$/gm)].map(([, method, path, scope]) => `${String(method)} ${String(path)} ${String(scope)}`);
  expect(said.sort()).toEqual(Object.values(ROUTES).map(({ method, path, scope }) => `${method.toUpperCase()} ${path} ${scope ?? 'none'}`).sort());
});

test('docs/deployment-file.md names every field and metric', () => {
  const names = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('properties' in value && typeof value.properties === 'object') for (const name of Object.keys(value.properties ?? {})) names.add(name);
    Object.values(value).forEach(walk);
  };
  const schema = deploymentJsonSchema();
  walk(schema);
  const inRequests = ['inputs', 'outputs', 'datatype', 'shape', 'data'];
  const words = new Set(text('deployment-file.md').match(/[A-Za-z]+/g));
  expect([...names].filter((name) => !words.has(name) && !inRequests.includes(name))).toEqual([]);
  for (const metric of KNOWN_METRICS) expect(text('deployment-file.md')).toContain(`| \`${metric}\` |`);
});
