import { createDocument, type CreateDocumentOptions, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponseObject } from 'zod-openapi';
import { z } from 'zod';
import { CATALOGUE } from '../domain/errors.ts';
import { API_CODES, Problem, ROUTES, type ApiRoute, type RouteName } from './contract.ts';
import { STATUS } from './problem.ts';

const IDEMPOTENCY_KEY = z.string().regex(/^[\x21-\x7e]{1,200}$/).optional().meta({ description: 'The same key with the same request replays the first answer; with another request it is refused (422).' });
const REPLAYED = z.object({ 'idempotency-replayed': z.literal('true').optional().meta({ description: 'There when this is the answer of an earlier request with the same Idempotency-Key.' }) });
const RETRY_AFTER = z.object({ 'retry-after': z.int().min(1).optional().meta({ description: 'Seconds after which the same request may succeed.' }) });

/** OpenAPI 3.1 of every route, from the schemas that validate requests and describe answers. */
export function openApiDocument(version: string): unknown {
  const paths: ZodOpenApiPathsObject = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, ApiRoute][]) paths[route.path] = { ...paths[route.path], [route.method]: operation(name, route) };
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'lastmile', version, description: 'Puts a model live, proves it earns, and takes it off when it loses. Times are UTC milliseconds, shares integers per 10,000, money integer micros. Answers may gain fields.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: lm_…. It gives the tenant, the actor and the scopes; each operation names the scope that it needs.' } } },
  }, { override: open });
}

function operation(name: RouteName, route: ApiRoute): ZodOpenApiOperationObject {
  const params = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, param = '']) => [param, z.string()] as const);
  return {
    operationId: name, summary: route.summary, security: route.scope === null ? [] : [{ key: [route.scope] }],
    ...(route.scope === null ? {} : { description: `Needs scope \`${route.scope}\`.` }),
    requestParams: {
      ...(params.length === 0 ? {} : { path: z.object(Object.fromEntries(params)) }),
      ...(route.query === undefined ? {} : { query: route.query as z.ZodObject }),
      ...(route.idempotent === true ? { header: z.object({ 'idempotency-key': IDEMPOTENCY_KEY }) } : {}),
    },
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: contentOf(name, route.body) } }),
    responses: {
      ...Object.fromEntries((route.statuses ?? [200]).map((status) => [String(status), answerOf(name, route, status)])),
      ...Object.fromEntries(problemStatuses(route).map((status) => [String(status), PROBLEMS.get(status)])),
      default: OTHER_PROBLEM,
    },
  };
}

function contentOf(name: RouteName, body: z.ZodType): NonNullable<ZodOpenApiOperationObject['requestBody']>['content'] {
  return { 'application/json': { schema: body }, ...(name === 'pushLabels' ? { 'application/x-ndjson': { schema: { type: 'string' as const, description: 'One label a line.' } } } : {}) };
}

const DONE: Readonly<Record<number, string>> = { 200: 'Done.', 201: 'Made.', 202: 'Accepted: a rollout is started or queued.' };

function answerOf(name: RouteName, { answer, idempotent }: ApiRoute, status: number): ZodOpenApiResponseObject {
  if (name === 'events') return { description: 'A stream without end. The data of each event is one such document, the whole state first.', content: { 'text/event-stream': { schema: answer } } };
  return { description: DONE[status] ?? 'Done.', ...(idempotent === true ? { headers: REPLAYED } : {}), content: { 'application/json': { schema: answer } } };
}

const PROBLEM_CONTENT = { 'application/problem+json': { schema: Problem } };
const OTHER_PROBLEM: ZodOpenApiResponseObject = { id: 'Problem', description: 'What is wrong, and what to do. `code` is stable; docs/errors.md lists the codes.', content: PROBLEM_CONTENT };
/** Refusals of HTTP itself. */
const TOO_LARGE = 413;
const WRONG_MEDIA_TYPE = 415;

const RETRIED: readonly number[] = [STATUS.conflict, STATUS.busy, STATUS.unavailable, STATUS.timeout];

function problemStatuses({ scope, body, idempotent }: ApiRoute): readonly number[] {
  return [
    STATUS.invalid, ...(scope === null ? [] : [STATUS.unauthenticated, STATUS.forbidden, STATUS['not-found']]), ...(idempotent === true ? [STATUS.conflict, STATUS.gone, STATUS.refused] : []),
    ...(body === undefined ? [] : [TOO_LARGE, WRONG_MEDIA_TYPE]), STATUS.busy, STATUS.bug, STATUS.unavailable, STATUS.timeout,
  ];
}

/** One component a status, with the codes that it may carry. */
function problemOf(status: number): ZodOpenApiResponseObject {
  return {
    id: `Problem${String(status)}`, content: PROBLEM_CONTENT, ...(RETRIED.includes(status) ? { headers: RETRY_AFTER } : {}),
    description: codesOf(status).map((code) => `\`${code}\`: ${CATALOGUE[code].when}`).join('\n\n'),
  };
}

function codesOf(status: number): typeof API_CODES {
  return status === TOO_LARGE || status === WRONG_MEDIA_TYPE ? ['LM_INVALID_REQUEST'] : API_CODES.filter((code) => STATUS[CATALOGUE[code].kind] === status);
}

const PROBLEMS: ReadonlyMap<number, ZodOpenApiResponseObject> = new Map([...Object.values(STATUS), TOO_LARGE, WRONG_MEDIA_TYPE].map((status) => [status, problemOf(status)]));

/** Answers may gain fields, so readers must not refuse unknown ones; and the bounds of safe integers say nothing. */
const open: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, zodSchema, io }) => {
  if (io === 'output' && zodSchema._zod.def.type === 'object') delete jsonSchema.additionalProperties;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};
