import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { z } from 'zod';
import { ROUTES, type ApiRoute, type RouteName } from './contract.ts';

const PROBLEM = z.object({
  type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string(), details: z.record(z.string(), z.unknown()), requestId: z.string(),
}).meta({ id: 'Problem', description: 'RFC 9457. `code` is stable; docs/errors.md lists the codes.' });
const IDEMPOTENCY_KEY = z.string().regex(/^[\x21-\x7e]{1,200}$/).optional().meta({ description: 'The same key with the same request replays the first answer; with another request it is refused (422).' });

/** OpenAPI 3.1 of every route, from the schemas that validate. */
export function openApiDocument(version: string): unknown {
  const paths: ZodOpenApiPathsObject = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, ApiRoute][]) paths[route.path] = { ...paths[route.path], [route.method]: operation(name, route) };
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'lastmile', version, description: 'Puts a model live, proves it earns, and takes it off when it loses. Times are UTC milliseconds, shares integers per 10,000, money integer micros.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: lm_…. It gives the tenant and the actor.' } } },
  });
}

function operation(name: RouteName, route: ApiRoute): ZodOpenApiOperationObject {
  const params = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, param = '']) => [param, z.string()] as const);
  const problem = { description: 'What is wrong, and what to do.', content: { 'application/problem+json': { schema: PROBLEM } } };
  return {
    operationId: name, summary: route.summary, security: route.scope === null ? [] : [{ key: [] }],
    ...(route.scope === null ? {} : { description: `Needs scope \`${route.scope}\`.` }),
    requestParams: {
      ...(params.length === 0 ? {} : { path: z.object(Object.fromEntries(params)) }),
      ...(route.query === undefined ? {} : { query: route.query as z.ZodObject }),
      ...(route.idempotent === true ? { header: z.object({ 'idempotency-key': IDEMPOTENCY_KEY }) } : {}),
    },
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: contentOf(name, route.body) } }),
    responses: { '2XX': { description: 'Done, or accepted.', content: { [name === 'events' ? 'text/event-stream' : 'application/json']: { schema: {} } } }, default: problem },
  };
}

function contentOf(name: RouteName, body: z.ZodType): NonNullable<ZodOpenApiOperationObject['requestBody']>['content'] {
  return { 'application/json': { schema: body }, ...(name === 'pushLabels' ? { 'application/x-ndjson': { schema: { type: 'string' as const, description: 'One label a line.' } } } : {}) };
}
