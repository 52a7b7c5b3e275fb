import { digestOfJson, idTail } from '../../domain/digest.ts';
import { LastmileError } from '../../domain/errors.ts';
import { endsAtMs, explainFreeze, holds, type Freeze, type FreezeWindow } from '../../domain/freeze.ts';
import { ok, type Answer, type ApiPorts, type Call, type Handlers } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { FreezesAnswer, FreezeView } from '../contract.ts';
import { invalidRequest } from '../problem.ts';
import { deploymentNamed } from '../views.ts';

const LISTED = 200;

export function freezeRoutes(ports: ApiPorts): Pick<Handlers, 'freeze' | 'listFreezes' | 'liftFreeze'> {
  return {
    freeze: (call) => freeze(ports, call),
    async listFreezes({ principal: { tenant }, nowMs }) {
      return ok({ items: (await ports.stores.freezes.list(tenant, LISTED)).map((each) => viewOf(each, nowMs)) } satisfies FreezesAnswer);
    },
    liftFreeze: (call) => lift(ports, call),
  };
}

/** Names have to be known: a mistyped one would freeze nothing, and nobody would notice. */
async function freeze(ports: ApiPorts, call: Call<'freeze'>): Promise<Answer> {
  const { principal: { tenant, actor: { kind, name } }, body: { selector, window, reason }, nowMs, updateId } = call;
  const when = windowFrom(window, nowMs);
  if (selector.kind === 'names') for (const each of selector.names) await deploymentNamed(ports, tenant, each);
  const freezeId = `frz_${idTail(['freeze', updateId])}`;
  const stored = await ports.stores.freezes.put({ tenantId: tenant, freezeId, selector, window: when, reason, actor: { kind, name }, createdAtMs: nowMs, liftedAtMs: null, liftedBy: null });
  await recordChange(ports, call, { action: 'freeze.create', subject: freezeId, reason, digest: digestOfJson({ selector: { ...selector }, window: { ...when } }) });
  return ok(viewOf(stored, nowMs), 201);
}

function windowFrom(window: Call<'freeze'>['body']['window'], nowMs: number): FreezeWindow {
  if (window.kind === 'weekly') return { ...window, days: [...new Set(window.days)] };
  const fromMs = window.fromMs ?? nowMs;
  const { untilMs } = window;
  if (untilMs !== null && untilMs <= Math.max(fromMs, nowMs)) throw invalidRequest('The freeze would be over before it begins: untilMs must lie behind fromMs and behind now.');
  return { kind: 'span', fromMs, untilMs };
}

async function lift(ports: ApiPorts, call: Call<'liftFreeze'>): Promise<Answer> {
  const { principal: { tenant, actor: { kind, name } }, params: { id = '' }, body: { reason }, nowMs } = call;
  const lifted = /^frz_[0-9a-f]{32}$/.test(id) ? await ports.stores.freezes.lift(tenant, id, { actor: { kind, name }, atMs: nowMs }) : null;
  if (lifted === null) throw new LastmileError('LM_NOT_FOUND', `There is no freeze ${id.slice(0, 60)}; \`lastmile freeze list\` lists those there are.`);
  await recordChange(ports, call, { action: 'freeze.lift', subject: id, reason });
  return ok(viewOf(lifted, nowMs));
}

function viewOf(freeze: Freeze, nowMs: number): FreezeView {
  const holding = holds(freeze, nowMs);
  const lifted = freeze.liftedAtMs === null ? '' : `; lifted by ${freeze.liftedBy?.name ?? 'nobody'} ${new Date(freeze.liftedAtMs).toISOString()}`;
  return { freeze, holds: holding, endsAtMs: holding ? endsAtMs(freeze, nowMs) : null, sentence: `${selected(freeze)}: ${explainFreeze(freeze, holding ? nowMs : undefined)}${lifted}` };
}

function selected({ selector }: Freeze): string {
  switch (selector.kind) {
    case 'all': return 'all deployments';
    case 'names': return selector.names.join(', ');
    case 'labels': return `deployments with ${Object.entries(selector.labels).map(([key, value]) => `${key}=${value}`).join(', ')}`;
  }
}
