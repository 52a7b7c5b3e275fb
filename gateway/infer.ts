import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../config/ids.ts';
import type { VariantId } from '../domain/ids.ts';
import { mirrorsFor } from '../domain/traffic/choose.ts';
import type { TableRoute } from '../domain/traffic/table.ts';
import { readBody } from './body.ts';
import { situationOf, type Context } from './context.ts';
import { countSent } from './counters.ts';
import type { Answer } from './forward.ts';
import type { ModelTarget } from './paths.ts';
import { HttpError } from './protocol-errors.ts';
import { isSuccess, legRecord, requestText, type InferenceFacts } from './record.ts';
import type { OpenInference } from './record-queue.ts';
import { checkBody, clientAlias, eventTime, forwardedHeaders, passedHeaders, stickyKey } from './request-facts.ts';
import { routeFor, servingFor, type Serving } from './target-variant.ts';

/** One inference on its way. */
interface Inference {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly route: TableRoute;
  readonly serving: Serving;
  readonly facts: InferenceFacts;
}

/**
 * POST …/infer: the whole body, one variant, its answer untouched; then, when the answer has left, the mirrors.
 * The route is looked up again when the body is there, so that an acknowledged change holds for every request sent after it.
 */
export async function infer(context: Context, request: IncomingMessage, response: ServerResponse, target: ModelTarget): Promise<void> {
  routeFor(context, request, target);
  const stated = { alias: clientAlias(request.headers), eventMs: eventTime(request.headers) };
  const body = await readBody(request, context.limits.bodyBytes);
  checkBody(request.headers, body);
  const inference = begin(context, { request, body, target, stated });
  const open = inference.serving.debug ? null : context.queue.open();
  const facts = { ...inference.facts, atMs: open?.atMs ?? context.clock.utcMs() };
  const served = serve(context, inference).then((answer) => {
    open?.add(servingRecord(context, { ...inference, facts }, answer));
    if (answer.ok && answer.status >= 500) context.counters.errors += 1;
    return answer;
  });
  if (open !== null) inBackground(context, afterwards(context, { ...inference, facts }, { served, response, left: whenLeft(response), open }));
  const answer = await served;
  for (const [name, value] of Object.entries(ownHeaders(inference))) response.setHeader(name, value);
  respond(response, answer, inference);
}

function begin(context: Context, of: { request: IncomingMessage; body: Buffer; target: ModelTarget; stated: Pick<InferenceFacts, 'alias' | 'eventMs'> }): Inference {
  const { request, body, target, stated } = of;
  const { route, caller } = routeFor(context, request, target);
  const inferenceId = newId('inf');
  const serving = servingFor(context, { route, caller, target, key: stickyKey(route, request.headers, body) ?? inferenceId });
  const { tenantId, deploymentUid, revision, rolloutId } = route;
  const facts = { tenantId, deploymentUid, revision, rolloutId, inferenceId, ...stated, atMs: 0, leaseLost: context.table.leaseLost() };
  return { request, body, route, serving, facts, headers: { ...forwardedHeaders(request.headers), 'x-lastmile-inference-id': inferenceId } };
}

function serve(context: Context, { route, serving, headers, body }: Inference): Promise<Answer> {
  const { variantId, endpoint } = serving.variant;
  countSent(context.counters, variantId);
  return context.serving.send({
    endpoint, method: 'POST', path: '/infer', headers, body, deadlineMs: context.limits.servingMs,
    mayRetry: () => context.table.route(route.tenantId, route.name)?.revision === route.revision,
  });
}

/** Whole and unchanged, whatever its status; a variant that gave none is 502, or 504 when its time ran out. */
function respond(response: ServerResponse, answer: Answer, { serving, route }: Inference): void {
  if (answer.ok) {
    response.writeHead(answer.status, { ...passedHeaders(answer.headers), 'content-length': answer.body.length });
    response.end(answer.body);
    return;
  }
  const late = answer.error === 'timeout';
  throw new HttpError(late ? 504 : 502, late ? 'LM_TIMEOUT' : 'LM_BACKEND_UNAVAILABLE', `Version ${serving.variant.version} of ${route.name} ${late ? 'did not answer in time' : 'could not be asked'}.`);
}

function ownHeaders({ facts, serving }: Inference): Record<string, string> {
  return {
    'x-lastmile-inference-id': facts.inferenceId, 'x-lastmile-variant': serving.variant.variantId, 'x-lastmile-version': serving.variant.version, 'x-lastmile-revision': String(facts.revision),
    ...(serving.fallback === null ? {} : { 'x-lastmile-fallback': serving.fallback }),
  };
}

function servingRecord({ limits }: Context, { request, body, facts, serving, route }: Inference, answer: Answer): ReturnType<typeof legRecord> {
  const text = route.recordInputs ? requestText(request.headers, body, limits.recordTextBytes) : null;
  return legRecord(facts, { variantId: serving.variant.variantId, role: serving.role, assignmentPer10k: serving.assignmentPer10k, answer, request: text }, limits.recordTextBytes);
}

/** The last byte was handed to the system, or the caller is gone. */
function whenLeft(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => { response.once('finish', resolve).once('close', resolve); });
}

/**
 * Once the answer has left: mirrors what the champion accepted; when a challenger served, the champion always, so that a failing
 * challenger cannot hide its pairs. The inference is closed whatever happens, or no block would ever seal again.
 */
async function afterwards(context: Context, { route, serving, facts, headers, body }: Inference, { served, response, left, open }: { served: Promise<Answer>; response: ServerResponse; left: Promise<void>; open: OpenInference }): Promise<void> {
  try {
    const answer = await served;
    // A caller that does not take its answer must not hold up the mark of all the others.
    const cut = setTimeout(() => { response.destroy(); }, context.limits.requestMs);
    await left;
    clearTimeout(cut);
    const accepted = serving.role === 'challenger' || (answer.ok && isSuccess(answer.status));
    const stillMirrored = (id: VariantId): boolean => {
      const now = context.table.route(route.tenantId, route.name);
      return now !== null && mirrorsFor(now, serving.variant.variantId, situationOf(context)).some(({ variant }) => variant.variantId === id);
    };
    await context.mirrors.mirror({ facts, mirrors: accepted ? serving.mirrors : [], headers, body, inference: open, stillMirrored });
  } finally { open.close(); }
}

/** A stop waits for it; the caller does not. */
function inBackground(context: Context, work: Promise<void>): void {
  const tracked = work
    .catch((error: unknown) => { context.log.error('work after an answer failed', { error }); })
    .finally(() => { context.background.delete(tracked); });
  context.background.add(tracked);
}
