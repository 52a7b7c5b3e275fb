import { createHash } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import { DEFAULT_TENANT, type TenantId } from '../domain/ids.ts';
import { deploymentPage } from '../web/deployment-page.ts';
import { indexPage } from '../web/index-page.ts';
import { errorPage } from '../web/layout.ts';
import { STYLE } from '../web/style.ts';
import { authenticate } from './auth.ts';
import type { ApiPorts } from './call.ts';
import { health } from './health.ts';
import { asLastmileError, statusOf } from './problem.ts';
import { deploymentLines, deploymentNamed, deploymentView } from './views.ts';
import { bearerToken } from '../config/bearer.ts';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
/** Nothing may run and nothing may be loaded; the one style sheet is known by its hash. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** Read-only pages for people: a list and one page a deployment. */
export function pages(ports: ApiPorts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/', (request, response) => show(ports, request, response, async (tenant) => {
    const [lines, state] = await Promise.all([deploymentLines(ports, tenant), health(ports)]);
    return indexPage(lines, state, ports.clock());
  }));
  router.get('/deployments/:name', (request, response) => show(ports, request, response, async (tenant) =>
    deploymentPage(await deploymentView(ports, await deploymentNamed(ports, tenant, request.params.name)), ports.clock())));
  return router;
}

async function show(ports: ApiPorts, request: Request, response: Response, render: (tenant: TenantId) => Promise<string>): Promise<void> {
  response.setHeader('content-security-policy', POLICY);
  response.setHeader('cache-control', 'no-store');
  response.type('text/html');
  try {
    response.send(await render(await reader(ports, request)));
  } catch (thrown) {
    const error = asLastmileError(thrown);
    if (error.kind === 'bug') throw thrown;
    if (error.kind === 'unauthenticated') response.setHeader('www-authenticate', 'Basic realm="lastmile: any name, an API key as password", charset="UTF-8"');
    response.status(statusOf(error)).send(errorPage(error.code, error.message));
  }
}

/** Whose pages: the key's tenant; without a key the default tenant, for a browser on this machine alone. */
async function reader({ stores, clock }: ApiPorts, request: Request): Promise<TenantId> {
  const given = bearerToken(request.headers.authorization) ?? basicPassword(request);
  if (given === null && isOnThisMachine(request)) return DEFAULT_TENANT;
  return (await authenticate(stores.keys, given, 'read', clock())).tenant;
}

function basicPassword(request: Request): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/=]{1,700})$/i.exec(request.headers.authorization ?? '')?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, 'base64').toString('utf8').split(':').slice(1).join(':');
}

/**
 * From loopback, by a loopback name, and not through a proxy. The name matters: a foreign page whose name was made to resolve to
 * 127.0.0.1 (DNS rebinding) comes from loopback too.
 */
function isOnThisMachine({ socket, headers }: Request): boolean {
  const address = socket.remoteAddress ?? '';
  const loopback = address === '::1' || /^(::ffff:)?127\./.test(address);
  const named = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(headers.host ?? '');
  return loopback && named && headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
}
