import { LastmileError } from '../../domain/errors.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { alsoKilledBy } from '../../domain/kill/order.ts';
import type { DeploymentRecord } from '../../domain/deployment-record.ts';
import { ok, type Answer, type ApiPorts, type Call, type Handlers } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { KillDigestAnswer, KillsAnswer, KillView } from '../contract.ts';
import { breakGlassKit } from '../kill/break-glass.ts';
import type { KillDriver } from '../kill/driver.ts';
import { giveOrder } from '../kill/give-order.ts';
import { EVERY_KILL, reviveKill } from '../kill/revive.ts';
import { changeKill } from '../kill/saving.ts';
import { orDirectly } from '../kill/soon.ts';
import { digestOfKill } from '../kill/tellings.ts';
import { killNamed, killView } from '../kill/view.ts';
import { deploymentNamed, everyPage } from '../views.ts';

const LISTED = 50;

export function killRoutes(ports: ApiPorts, driver: KillDriver): Pick<Handlers, 'kill' | 'killDigest' | 'getKill' | 'listKills' | 'killReason' | 'revive' | 'breakGlass'> {
  const view = (record: KillRecord): KillView => killView(ports.settings, record);
  return {
    async kill(call) {
      const { principal: { tenant }, params, body } = call;
      const { uid } = await orDirectly(deploymentNamed(ports, tenant, params.name));
      return ok(view(await giveOrder(ports, driver, call, { uid, ...body })), 202);
    },
    killDigest: (call) => killDigest(ports, driver, call),
    async getKill({ principal: { tenant }, params }) { return ok(view(await killNamed(ports, tenant, params.id))); },
    async listKills({ principal: { tenant }, params }) {
      const { uid } = await deploymentNamed(ports, tenant, params.name);
      return ok({ items: (await ports.stores.kills.list(tenant, uid, LISTED, 'kill')).map(view) } satisfies KillsAnswer);
    },
    killReason: (call) => killReason(ports, call),
    revive: (call) => revive(ports, call),
    async breakGlass(call) { return ok(await breakGlassKit(ports, call)); },
  };
}

/** Every deployment whose route has these bytes now; nothing is remembered for others, so the answer may be that there is none. */
async function killDigest(ports: ApiPorts, driver: KillDriver, call: Call<'killDigest'>): Promise<Answer> {
  const { principal: { tenant }, body: { digest, inFlight, reason } } = call;
  const having = await orDirectly(deploymentsWith(ports, tenant, digest));
  if (having.length === 0) throw new LastmileError('LM_VARIANT_NOT_FOUND', `No route of this tenant has a version with ${digest}. Nothing was killed, and nothing is remembered: \`kill NAME --digest\` also keeps it from coming into one deployment.`);
  const scope = { kind: 'digest', digest } as const;
  const results = await Promise.allSettled(having.map(({ uid }) => giveOrder(ports, driver, call, { uid, scope, inFlight, reason })));
  const failed = results.flatMap((result, i) => result.status === 'rejected' ? [{ deployment: having[i]?.name ?? '', reason: result.reason as unknown }] : []);
  if (failed[0] !== undefined) throw new LastmileError('LM_STORE_UNAVAILABLE', `The kill did not reach ${failed.map(({ deployment }) => deployment).join(', ')}; the others are killed. Send the same request again.`, { cause: failed[0].reason, details: { failed: failed.map(({ deployment }) => deployment) } });
  const kills = results.flatMap((result) => result.status === 'fulfilled' ? [killView(ports.settings, result.value)] : []);
  return ok({ kills } satisfies KillDigestAnswer, 202);
}

async function deploymentsWith({ stores }: ApiPorts, tenant: string, digest: string): Promise<readonly DeploymentRecord[]> {
  const all = await everyPage((page) => stores.deployments.listDeployments(tenant, page));
  const routes = await Promise.all(all.map(({ uid }) => stores.routes.get(tenant, uid)));
  return all.filter((_, i) => Object.values(routes[i]?.variants ?? {}).some(({ artifactDigest }) => artifactDigest === digest));
}

/** The reason that nobody had to give first. A later one takes the place of an earlier; the audit chain keeps both. */
async function killReason(ports: ApiPorts, call: Call<'killReason'>): Promise<Answer> {
  const { principal: { tenant }, params, body: { reason } } = call;
  const told = await changeKill(ports, { tenant, id: params.id }, (record) => (record.reason === reason ? record : { ...record, reason }));
  await recordChange(ports, call, { action: 'deployment.kill-reason', subject: told.deployment, reason, digest: digestOfKill(told) });
  return ok(killView(ports.settings, told));
}

async function revive(ports: ApiPorts, call: Call<'revive'>): Promise<Answer> {
  const { principal: { tenant, actor }, params } = call;
  if (actor.kind !== 'person') throw new LastmileError('LM_FORBIDDEN', 'Only a person revives what was killed: use a key of kind person.');
  const revived = await reviveKill(ports, call, await killNamed(ports, tenant, params.id));
  const others = alsoKilledBy(revived, await ports.stores.kills.list(tenant, revived.deploymentUid, EVERY_KILL, 'kill'));
  const view = killView(ports.settings, revived);
  return ok(others.length === 0 ? view : { ...view, sentence: `${view.sentence} It stays off by ${others.map(({ killId }) => killId).join(', ')}: revive that too.` });
}
