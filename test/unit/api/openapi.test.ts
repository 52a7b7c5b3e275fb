import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { API_CODES, ROUTES, type ApiRoute } from '../../../api/contract.ts';
import { CATALOGUE } from '../../../domain/errors.ts';
import { openApi, type OpenApi } from '../../support/openapi.ts';
import { ROOT } from '../../support/source-tree.ts';

const document = openApi();
const routes = Object.entries(ROUTES) as [string, ApiRoute][];

test('every route and its key, body, query and answer are in the document, and no other', () => {
  const said = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  expect(said.sort()).toEqual(routes.map(([, { method, path }]) => `${method} ${path}`).sort());
  for (const [name, route] of routes) {
    const operation = document.paths[route.path]![route.method]!;
    expect(operation.operationId).toBe(name);
    expect(operation.security).toEqual(route.scope === null ? [] : [{ key: [route.scope] }]);
    expect(operation.requestBody === undefined).toBe(route.body === undefined);
    const headers = (operation.parameters ?? []).filter((each) => each.in === 'header').map((each) => each.name);
    expect(headers).toEqual(route.idempotent === true ? ['idempotency-key'] : []);
    expect(operation.responses.default).toEqual({ $ref: '#/components/responses/Problem' });
    const answers = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
    expect(answers).toEqual((route.statuses ?? [200]).map(String));
  }
});

test('every answer is a component with a name, or a list of one', () => {
  for (const [name, route] of routes) {
    for (const status of route.statuses ?? [200]) {
      const response = document.paths[route.path]![route.method]!.responses[String(status)]!;
      const [{ schema }] = 'content' in response ? Object.values(response.content) as [{ schema: Record<string, unknown> }] : [{ schema: {} }];
      const { $ref } = (schema.type === 'array' ? schema.items : schema) as { $ref?: string };
      expect([name, $ref]).toEqual([name, expect.stringMatching(/^#\/components\/schemas\/\w+$/)]);
    }
  }
});

test('every code that the API may answer stands under its status, and in the problem', () => {
  const said = Object.values(document.components.responses).map(({ description }) => description).join('\n');
  for (const code of API_CODES) expect(said).toContain(`\`${code}\`: ${CATALOGUE[code].when}`);
  expect(document.components.schemas.Problem).toMatchObject({ properties: { code: { enum: API_CODES } } });
});

/** The JSON Schema of OpenAPI 3.1 as its authors publish it (spec.openapis.org/oas/3.1), and JSON Schema's own of every schema. */
function problemsOf(openapi: OpenApi): readonly string[] {
  const official = JSON.parse(readFileSync(join(ROOT, 'node_modules', '@seriousme', 'openapi-schema-validator', 'schemas', 'v3.1', 'schema.json'), 'utf8')) as object;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const check = ajv.compile(official);
  const text = JSON.stringify(openapi);
  const refs = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].filter(([, kind = '', name = '']) => !(name in ((openapi.components as Readonly<Record<string, object>>)[kind] ?? {})));
  const schemas = Object.entries(openapi.components.schemas).filter(([, schema]) => ajv.validateSchema(schema as object) !== true);
  return [...(check(openapi) ? [] : (check.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`)), ...refs.map(([ref]) => `${ref} leads nowhere`), ...schemas.map(([name]) => `${name} is no JSON Schema`)];
}

test('the document is valid OpenAPI 3.1', () => { expect(problemsOf(document)).toEqual([]); });

test.each([
  ['an unknown field', (copy: OpenApi) => ({ ...copy, path: {} })],
  ['a schema that is missing', (copy: OpenApi) => ({ ...copy, components: { ...copy.components, schemas: { ...copy.components.schemas, Verdict: undefined } } })],
  ['a schema that is none', (copy: OpenApi) => ({ ...copy, components: { ...copy.components, schemas: { ...copy.components.schemas, Verdict: { type: 'verdict' } } } })],
])('%s is found', (_what, broken) => { expect(problemsOf(JSON.parse(JSON.stringify(broken(document))) as OpenApi)).not.toEqual([]); });
