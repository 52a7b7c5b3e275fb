import { LastmileError, unknownName } from '../../domain/errors.ts';
import { rolloutId } from '../../domain/ids.ts';
import { parseModelRef } from '../../domain/model.ts';
import type { Command } from '../../ports/orchestrator.ts';
import { ok, type Answer, type ApiPorts, type Call, type Handlers } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { CommandAnswer, StartRolloutAnswer } from '../contract.ts';
import { passFreeze } from '../frozen.ts';
import { invalidRequest } from '../problem.ts';
import { startRollout } from '../start-rollout.ts';
import { deploymentLinks, deploymentNamed, rolloutLinks, rolloutNumber, rolloutNumbered, rolloutView, specOf } from '../views.ts';

type Steers = 'pin' | 'unpin' | 'retire' | 'restore';
type Commands = 'pause' | 'resume' | 'promote' | 'abort';

export function rolloutRoutes(ports: ApiPorts): Pick<Handlers, 'startRollout' | 'listRollouts' | 'getRollout' | 'rollback' | 'deleteDeployment' | Steers | Commands> {
  return {
    startRollout: (call) => start(ports, call),
    async listRollouts({ principal, params, query }) {
      const { uid } = await deploymentNamed(ports, principal.tenant, params.name);
      return ok(await ports.stores.deployments.listRollouts(principal.tenant, uid, query));
    },
    async getRollout({ principal, params }) {
      const deployment = await deploymentNamed(ports, principal.tenant, params.name);
      return ok(await rolloutView(ports, deployment, await rolloutNumbered(ports, deployment, rolloutNumber(params.n))));
    },
    pause: (call) => command(ports, call, 'pause'),
    resume: (call) => command(ports, call, 'resume'),
    abort: (call) => command(ports, call, 'abort'),
    async promote(call) {
      onlyPerson(call, 'To promote without the judge');
      const deployment = await deploymentNamed(ports, call.principal.tenant, call.params.name);
      const { metadata: { labels } } = await specOf(ports, deployment);
      await passFreeze(ports, call, { of: { name: deployment.name, labels }, what: 'a promotion', override: call.body.overrideFreeze, reason: call.body.reason });
      return command(ports, call, 'promote');
    },
    rollback: (call) => rollback(ports, call),
    pin(call) { onlyPerson(call, 'To pin'); return steer(ports, call, 'pin'); },
    unpin(call) { onlyPerson(call, 'To unpin'); return steer(ports, call, 'unpin'); },
    retire: (call) => steer(ports, call, 'retire'),
    restore: (call) => steer(ports, call, 'restore'),
    async deleteDeployment(call) {
      const { principal: { tenant, actor }, params, body: { reason, force } } = call;
      const { uid, name } = await deploymentNamed(ports, tenant, params.name);
      return ok(await ports.orchestrator.command({ tenant, deploymentUid: uid, deployment: name }, { type: 'delete', actor, reason, force }, call.updateId));
    },
  };
}

/** The file stays as it is: `model` is tried under the policy that the deployment has. */
async function start(ports: ApiPorts, call: Call<'startRollout'>): Promise<Answer> {
  const { model, retry, reason, overrideFreeze } = call.body;
  const { registry } = parseModelRef(model);
  if (!ports.settings.registries.includes(registry) && registry !== 'running') throw unknownName('model registry', registry, [...ports.settings.registries, 'running']);
  if (retry && reason === null) throw invalidRequest('A retry needs a reason: say why a version that was tried before is tried again.');
  const deployment = await deploymentNamed(ports, call.principal.tenant, call.params.name);
  const { spec, metadata: { labels } } = await specOf(ports, deployment);
  if (deployment.status.champion?.model === model) throw new LastmileError('LM_SAME_VARIANT', `${model} is the champion of ${deployment.name} already.`);
  const { state, n } = await startRollout(ports, call, { deployment, model, whenBusy: spec.rollout.whenBusy, retry, reason, labels, overrideFreeze });
  const links = n === null ? deploymentLinks(ports, deployment.name) : rolloutLinks(ports, deployment.name, n);
  return ok({ state, rollout: n, links } satisfies StartRolloutAnswer, 202);
}

/** The workflow knows whether the command applies; the API does not guess from a projection that may be a moment old. */
async function command(ports: ApiPorts, call: Call<Commands>, type: Commands): Promise<Answer> {
  const { principal: { tenant, actor }, params, body: { reason } } = call;
  const { uid, name } = await deploymentNamed(ports, tenant, params.name);
  const n = rolloutNumber(params.n);
  return act(ports, call, { uid, name, subject: `${name}/${String(n)}`, command: { type, rolloutId: rolloutId(uid, n), actor, reason } });
}

async function rollback(ports: ApiPorts, call: Call<'rollback'>): Promise<Answer> {
  const { principal: { tenant, actor }, params, body: { reason } } = call;
  const { uid, name } = await deploymentNamed(ports, tenant, params.name);
  return act(ports, call, { uid, name, subject: name, command: { type: 'rollback', actor, reason } });
}

/** The entity orders these among everything else that it does, and writes their audit entries. */
async function steer(ports: ApiPorts, call: Call<Steers>, type: Steers): Promise<Answer> {
  const { principal: { tenant, actor }, params, body: { reason } } = call;
  const { uid, name } = await deploymentNamed(ports, tenant, params.name);
  return ok(await ports.orchestrator.command({ tenant, deploymentUid: uid, deployment: name }, { type, actor, reason }, call.updateId));
}

function onlyPerson({ principal: { actor } }: Pick<Call, 'principal'>, what: string): void {
  if (actor.kind !== 'person') throw new LastmileError('LM_FORBIDDEN', `${what} is a person's decision: use a key of kind person.`);
}

async function act(ports: ApiPorts, call: Call<Commands | 'rollback'>, of: { readonly uid: string; readonly name: string; readonly subject: string; readonly command: Command }): Promise<Answer> {
  const { message } = await ports.orchestrator.command({ tenant: call.principal.tenant, deploymentUid: of.uid, deployment: of.name }, of.command, call.updateId);
  await recordChange(ports, call, { action: `rollout.${of.command.type}`, subject: of.subject, reason: of.command.reason });
  return ok({ message } satisfies CommandAnswer);
}
