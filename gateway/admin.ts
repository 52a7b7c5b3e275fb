import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { SigningKey } from '../config/signing.ts';
import { LastmileError } from '../domain/errors.ts';
import { readBody } from './body.ts';
import { needsKeys } from './caller.ts';
import type { Context } from './context.ts';
import { identifyKiller, killDirectly } from './direct-kill.ts';
import { HttpError, respondJson } from './protocol-errors.ts';
import { answer, createGatewayServer } from './server.ts';
import { statusOfGateway } from './status.ts';

const BODY_BYTES = 64 * 1024;

/**
 * The listener of this very process, since callers' port is shared by several: kills that do not need the API (decision D3), its status, and
 * the inference path itself, so that a probe can ask what this process answers. Not yet listening.
 */
export function createAdminServer(context: Context, of: { readonly keys: readonly SigningKey[]; readonly host: string }): Server {
  // Here too the address decides who must show a key.
  const own: Context = { ...context, keysNeeded: context.keysNeeded || needsKeys(of.host) };
  return createGatewayServer(own, (_context, request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    return path.startsWith('/admin/') ? administer(own, request, { response, path, keys: of.keys }) : answer(own, request, response);
  });
}

async function administer(context: Context, request: IncomingMessage, { response, path, keys }: { response: ServerResponse; path: string; keys: readonly SigningKey[] }): Promise<void> {
  const { authorization } = request.headers;
  switch (`${request.method ?? ''} ${path}`) {
    case 'GET /admin/v1/status': respondJson(response, 200, statusOfGateway(context, authorization)); return;
    case 'GET /admin/v1/kills': {
      const { tenantId } = identifyKiller(context, keys, authorization);
      respondJson(response, 200, { ...context.identity, ownKills: context.ownKills.open(tenantId), quiet: context.fence.quiet(tenantId) });
      return;
    }
    case 'POST /admin/v1/kills': {
      const killer = identifyKiller(context, keys, authorization);
      respondJson(response, 200, await killDirectly(context, killer, await readBody(request, BODY_BYTES)));
      return;
    }
    default: throw METHODS[path] === undefined ? new LastmileError('LM_NOT_FOUND', 'No such path; this listener has /admin/v1/kills, /admin/v1/status and the Open Inference Protocol v2.') : wrongMethod(response, METHODS[path]);
  }
}

const METHODS: Readonly<Record<string, string>> = { '/admin/v1/kills': 'GET, POST', '/admin/v1/status': 'GET' };

function wrongMethod(response: ServerResponse, allowed: string): HttpError {
  response.setHeader('allow', allowed);
  return new HttpError(405, 'LM_INVALID_REQUEST', `This path takes ${allowed}.`);
}
