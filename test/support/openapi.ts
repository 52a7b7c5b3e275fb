import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ApiRoute } from '../../api/contract.ts';
import { openApiDocument } from '../../api/openapi.ts';

export interface MediaType { readonly schema: Readonly<Record<string, unknown>> }
export interface Response { readonly description: string; readonly content: Readonly<Record<string, MediaType>> }
export interface Operation {
  readonly operationId: string; readonly security: unknown; readonly requestBody?: unknown; readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>;
}
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>>; readonly responses: Readonly<Record<string, Response>> };
}

export function openApi(): OpenApi { return JSON.parse(JSON.stringify(openApiDocument('1.2.3'))) as OpenApi; }

/** The schema that the document gives for one answer, as a check; null where it has none. Fields that the document does not name are refused. */
export type AnswerCheck = (route: ApiRoute, status: number, mediaType: string) => ValidateFunction | null;

export function answerChecks(document: OpenApi): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  ajv.addSchema(closed(document) as object, 'openapi');
  return (route, status, mediaType) => {
    const found = document.paths[route.path]?.[route.method]?.responses[String(status)];
    if (found === undefined) return null;
    const at = '$ref' in found ? found.$ref : `#/paths/${pointer(route.path)}/${route.method}/responses/${String(status)}`;
    return ajv.getSchema(`openapi${at}/content/${pointer(mediaType)}/schema`) ?? null;
  };
}

/** Escaped as in a JSON pointer within a URI fragment. */
function pointer(key: string): string { return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')); }

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]));
  return copy.type === 'object' && copy.properties !== undefined && copy.additionalProperties === undefined ? { ...copy, additionalProperties: false } : copy;
}
