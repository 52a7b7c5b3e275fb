import { randomBytes } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { deploymentJsonSchema } from '../domain/deployment.schema.ts';
import { LastmileError } from '../domain/errors.ts';
import type { ApiPorts, Handlers } from './call.ts';
import { ROUTES, type RouteName } from './contract.ts';
import type { ControlChannel } from './control-channel.ts';
import { createEventHub } from './events.ts';
import { internalRoutes } from './internal.ts';
import type { KillDriver } from './kill/driver.ts';
import { killView } from './kill/view.ts';
import { openApiDocument } from './openapi.ts';
import { pages } from './pages.ts';
import { pipeline, requestIdOf } from './pipeline.ts';
import { asLastmileError, sendProblem } from './problem.ts';
import { createRateLimit } from './rate-limit.ts';
import { adminRoutes } from './routes/admin.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { applyRoutes } from './routes/apply.ts';
import { auditRoutes } from './routes/audit.ts';
import { caseRoutes } from './routes/cases.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { eventRoutes } from './routes/events.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { freezeRoutes } from './routes/freezes.ts';
import { gatewayRoutes } from './routes/gateways.ts';
import { healthRoutes } from './routes/health.ts';
import { keyRoutes } from './routes/keys.ts';
import { driftRoutes } from './routes/drift.ts';
import { drillRoutes } from './routes/drills.ts';
import { killRoutes } from './routes/kills.ts';
import { labelRoutes } from './routes/labels.ts';
import { rolloutRoutes } from './routes/rollouts.ts';
import { securityHeaders } from './security-headers.ts';

/** Served beside ROUTES; a test holds this list and the mounted paths together. */
export const OTHER_PATHS = ['/openapi.json', '/schemas/v1alpha1.json', '/', '/deployments/:name', '/internal/v1'] as const;

export interface Api { readonly app: Express; /** Ends the event streams. */ stop(): void }

/** The API. What happens to a request is this list from top to bottom; the inside of a route is api/pipeline.ts. */
export function createApi(ports: ApiPorts, channel: ControlChannel, kills: KillDriver): Api {
  const { settings, stores, log, clock } = ports;
  const hub = createEventHub({ stores, log, clock, pollMs: settings.limits.pollMs, instance: randomBytes(6).toString('hex'), viewOf: (kill) => killView(settings, kill) });
  const rate = createRateLimit(settings.limits);
  const handlers: Handlers = {
    ...adminRoutes(ports), ...applyRoutes(ports), ...approvalRoutes(ports), ...auditRoutes(ports), ...caseRoutes(ports), ...deploymentRoutes(ports), ...eventRoutes(ports, hub), ...evidenceRoutes(ports), ...freezeRoutes(ports), ...gatewayRoutes(ports),
    ...healthRoutes(ports), ...keyRoutes(ports), ...killRoutes(ports, kills), ...driftRoutes(ports), ...drillRoutes(ports, kills), ...labelRoutes(ports), ...rolloutRoutes(ports),
  };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing').set('query parser', 'simple');
  app.use(securityHeaders);
  for (const name of Object.keys(ROUTES) as RouteName[]) app[ROUTES[name].method](expressPath(ROUTES[name].path), pipeline(name, handlers, ports, rate));
  app.use('/internal/v1', internalRoutes(ports, channel));
  app.get('/openapi.json', constant(openApiDocument(settings.version)));
  app.get('/schemas/v1alpha1.json', constant(deploymentJsonSchema()));
  app.use(pages(ports));
  app.use((request) => { throw new LastmileError('LM_NOT_FOUND', `There is no ${request.method} ${request.path.slice(0, 200)}; /openapi.json lists what there is.`); });
  app.use(errorsOf(ports));
  return { app, stop: () => { hub.stop(); } };
}

/** `/deployments/{name}` to `/deployments/:name`. */
function expressPath(path: string): string { return path.replace(/\{(\w+)\}/g, ':$1'); }

function constant(document: unknown): (request: Request, response: Response) => void {
  const text = JSON.stringify(document);
  return (_request, response) => { response.setHeader('cache-control', 'no-cache').type('application/json').send(text); };
}

/** Every error of every route ends here. Express knows an error handler by its four parameters. */
function errorsOf(ports: ApiPorts): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => { if (response.headersSent) next(thrown); else refuse(ports, thrown, request, response); };
}

/** A body that is still coming is swallowed, so that the answer is read. */
function refuse({ log }: ApiPorts, thrown: unknown, request: Request, response: Response): void {
  const error = asLastmileError(thrown);
  const requestId = requestIdOf(response);
  if (error.kind === 'bug') log.error('a request failed', { requestId, method: request.method, path: request.path, error, stack: thrown instanceof Error ? thrown.stack : undefined });
  request.resume();
  sendProblem(response, error, requestId);
}
