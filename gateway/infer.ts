import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../config/ids.ts';
import type { InferenceId, VariantId } from '../domain/ids.ts';
import { mirrorsFor } from '../domain/traffic/choose.ts';
import { readBody } from './body.ts';
import { situationOf, type Context } from './context.ts';
import { countSent } from './counters.ts';
import type { ModelTarget } from './paths.ts';
import { HttpError } from './protocol-errors.ts';
import { isSuccess, legRecord, requestText, type InferenceFacts } from './record.ts';
import type { OpenInference } from './record-queue.ts';
import { checkBody, clientAlias, eventTime, forwardedHeaders, passedHeaders, stickyKey } from './request-facts.ts';
import { sendChosen, type Chosen, type Served } from './send-chosen.ts';
import { routeFor, servingFor } from './target-variant.ts';

/** What is asked, whoever answers it. */
interface Asked {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly target: ModelTarget;
  readonly inferenceId: InferenceId;
  readonly stated: Pick<InferenceFacts, 'alias' | 'eventMs'>;
}

/** Who is to answer. Probes, and versions asked for by name that do not decide, are no evidence: neither recorded nor mirrored. */
interface Choice extends Chosen { readonly leaseLost: boolean; readonly isEvidence: boolean }

/**
 * POST …/infer: the whole body, one variant, its answer untouched; then, when the answer has left, the mirrors.
 * The route is looked up again when the body is there, so that an acknowledged change holds for every request sent after it; and once
 * more when a kill ends the request, so that the fallback answers it.
 */
export async function infer(context: Context, request: IncomingMessage, response: ServerResponse, target: ModelTarget): Promise<void> {
  routeFor(context, request, target);
  const stated = { alias: clientAlias(request.headers), eventMs: eventTime(request.headers) };
  const body = await readBody(request, context.limits.bodyBytes);
  checkBody(request.headers, body);
  const inferenceId = newId('inf');
  const asked: Asked = { request, body, target, inferenceId, stated, headers: { ...forwardedHeaders(request.headers), 'x-lastmile-inference-id': inferenceId } };
  const first = choose(context, asked, []);
  const open = first.isEvidence ? context.queue.open() : null;
  const served = serve(context, asked, first).then((each) => {
    if (open !== null && isResult(each)) open.add(servingRecord(context, asked, { served: each, atMs: open.atMs }));
    if (each.answer.ok && each.answer.status >= 500) context.counters.errors += 1;
    return each;
  });
  if (open !== null) inBackground(context, afterwards(context, asked, { served, response, left: whenLeft(response), open }));
  const { chosen, answer, cutShort } = await served;
  for (const [name, value] of Object.entries(ownHeaders(asked, chosen))) response.setHeader(name, value);
  respond(response, { chosen, answer, cutShort });
}

function choose(context: Context, { request, body, target, inferenceId }: Asked, off: readonly VariantId[]): Choice {
  const { route, caller } = routeFor(context, request, target);
  const serving = servingFor(context, { route, caller, target, key: stickyKey(route, request.headers, body) ?? inferenceId, off });
  return { route, serving, leaseLost: context.table.leaseLost(), isEvidence: !serving.debug && !caller.isProbe };
}

function serve(context: Context, asked: Asked, first: Choice): Promise<Served<Choice>> {
  return sendChosen(context, {
    first, choose: (off) => choose(context, asked, off), deadlineMs: context.limits.servingMs,
    outgoing: ({ serving }) => {
      countSent(context.counters, serving.variant.variantId);
      return { method: 'POST', path: '/infer', headers: asked.headers, body: asked.body };
    },
  });
}

/** A stand-in that ran out of what was left of a killed variant's time has not failed. */
function isResult({ chosen, answer, cutShort }: Served<Choice>): boolean { return chosen.isEvidence && !(cutShort && !answer.ok && answer.error === 'timeout'); }

/** Whole and unchanged, whatever its status; a variant that gave none is 502, or 504 when its time ran out. */
function respond(response: ServerResponse, { answer, chosen: { serving, route } }: Served<Choice>): void {
  if (answer.ok) {
    response.writeHead(answer.status, { ...passedHeaders(answer.headers), 'content-length': answer.body.length });
    response.end(answer.body);
    return;
  }
  const late = answer.error === 'timeout';
  throw new HttpError(late ? 504 : 502, late ? 'LM_TIMEOUT' : 'LM_BACKEND_UNAVAILABLE', `Version ${serving.variant.version} of ${route.name} ${late ? 'did not answer in time' : 'could not be asked'}.`);
}

function ownHeaders({ inferenceId }: Asked, { serving, route }: Choice): Record<string, string> {
  return {
    'x-lastmile-inference-id': inferenceId, 'x-lastmile-variant': serving.variant.variantId, 'x-lastmile-version': serving.variant.version, 'x-lastmile-revision': String(route.revision),
    ...(serving.fallback === null ? {} : { 'x-lastmile-fallback': serving.fallback }),
  };
}

function factsOf({ inferenceId, stated }: Asked, { route, leaseLost }: Choice, atMs: number): InferenceFacts {
  const { tenantId, deploymentUid, revision, rolloutId } = route;
  return { tenantId, deploymentUid, revision, rolloutId, inferenceId, ...stated, atMs, leaseLost };
}

function servingRecord({ limits }: Context, asked: Asked, { served: { chosen, answer }, atMs }: { served: Served<Choice>; atMs: number }): ReturnType<typeof legRecord> {
  const { serving, route } = chosen;
  const text = route.recordInputs ? requestText(asked.request.headers, asked.body, limits.recordTextBytes) : null;
  return legRecord(factsOf(asked, chosen, atMs), { variantId: serving.variant.variantId, role: serving.role, assignmentPer10k: serving.assignmentPer10k, answer, request: text }, limits.recordTextBytes);
}

/** The last byte was handed to the system, or the caller is gone. */
function whenLeft(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => { response.once('finish', resolve).once('close', resolve); });
}

/**
 * Once the answer has left: mirrors what the champion accepted; when a challenger served, the champion always, so that a failing
 * challenger cannot hide its pairs. The inference is closed whatever happens, or no block would ever seal again.
 */
async function afterwards(context: Context, asked: Asked, { served, response, left, open }: { served: Promise<Served<Choice>>; response: ServerResponse; left: Promise<void>; open: OpenInference }): Promise<void> {
  try {
    // A request that nobody may answer any more was refused, and has no legs.
    const known = await served.catch(() => null);
    if (known === null) return;
    const { chosen: { route, serving, isEvidence }, answer } = known;
    // A caller that does not take its answer must not hold up the mark of all the others.
    const cut = setTimeout(() => { response.destroy(); }, context.limits.requestMs);
    await left;
    clearTimeout(cut);
    const accepted = isEvidence && (serving.role === 'challenger' || (answer.ok && isSuccess(answer.status)));
    const stillMirrored = (id: VariantId): boolean => {
      const now = context.table.route(route.tenantId, route.name);
      return now !== null && mirrorsFor(now, serving.variant.variantId, situationOf(context, now)).some(({ variant }) => variant.variantId === id);
    };
    const facts = factsOf(asked, known.chosen, open.atMs);
    await context.mirrors.mirror({ facts, mirrors: accepted ? serving.mirrors : [], headers: asked.headers, body: asked.body, inference: open, stillMirrored });
  } finally { open.close(); }
}

/** A stop waits for it; the caller does not. */
function inBackground(context: Context, work: Promise<void>): void {
  const tracked = work
    .catch((error: unknown) => { context.log.error('work after an answer failed', { error }); })
    .finally(() => { context.background.delete(tracked); });
  context.background.add(tracked);
}
