import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VariantId } from '../domain/ids.ts';
import type { Context } from './context.ts';
import type { Answer } from './forward.ts';
import type { ModelTarget } from './paths.ts';
import { HttpError, respondJson } from './protocol-errors.ts';
import { sendChosen, type Chosen } from './send-chosen.ts';
import { routeFor, servingFor } from './target-variant.ts';

const ASK_MS = 5_000;

/** GET …/models/{m}[/versions/{v}]: the metadata of the version that decides, under the deployment's name. */
export async function modelMetadata(context: Context, request: IncomingMessage, response: ServerResponse, target: ModelTarget): Promise<void> {
  const answer = await ask(context, request, target, '');
  const metadata = answer.ok ? parsed(answer.body) : null;
  if (metadata === null || !answer.ok || answer.status !== 200) throw new HttpError(502, 'LM_BACKEND_UNAVAILABLE', `The model server of ${target.model} gave no metadata.`);
  respondJson(response, 200, { ...metadata, name: target.model });
}

/** GET …/ready: 200 when the version that decides says so; servers differ in the body, so only the status counts. */
export async function modelReady(context: Context, request: IncomingMessage, response: ServerResponse, target: ModelTarget): Promise<void> {
  const answer = await ask(context, request, target, '/ready');
  const ready = answer.ok && answer.status === 200;
  respondJson(response, ready ? 200 : 503, { name: target.model, ready });
}

async function ask(context: Context, request: IncomingMessage, target: ModelTarget, path: '' | '/ready'): Promise<Answer> {
  const choose = (off: readonly VariantId[]): Chosen => {
    const { route, caller } = routeFor(context, request, target);
    return { route, serving: servingFor(context, { route, caller, target, key: null, off }) };
  };
  const served = await sendChosen(context, { first: choose([]), choose, deadlineMs: ASK_MS, outgoing: () => ({ method: 'GET', path, headers: { 'accept-encoding': 'identity' }, body: null }) });
  return served.answer;
}

function parsed(body: Buffer): object | null {
  try {
    const value = JSON.parse(body.toString()) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch { return null; }
}
