import type { VariantId } from '../../domain/ids.ts';
import type { KillRecord, Probe } from '../../domain/kill/kill.ts';
import { readProbe, type Suspects } from '../../domain/kill/probe-reading.ts';
import { probeRequest } from '../../domain/probe-request.ts';
import type { InferenceRequest } from '../../domain/tensor.ts';
import type { Route } from '../../domain/traffic/route.ts';
import { isKilledId } from '../../domain/traffic/tombstones.ts';
import { ask } from './ask.ts';
import type { KillPorts } from './kill-ports.ts';

/** Questions to the address that all gateway processes share: which of them answers is chance, so it is asked several times. */
const SHARED_TIMES = 3;
const MOST_VERSIONS = 10;

interface Round { readonly body: string; readonly headers: Readonly<Record<string, string>>; readonly suspects: Suspects; readonly clock: () => number }

/** Asks every gateway that obeys, and the shared address, as a caller asks, and for each killed version by name. Never throws. */
export async function probeRound({ stores, clock, settings }: KillPorts, record: KillRecord): Promise<readonly Probe[]> {
  const [registered, route] = await Promise.all([stores.gateways.list(), stores.routes.get(record.tenantId, record.deploymentUid)]);
  const round: Round = {
    body: JSON.stringify(await requestFor(stores, record)), headers: { 'x-lastmile-probe': settings.serviceToken.reveal() }, clock,
    suspects: { isKilled: killedIn(record, route), fingerprints: await fingerprints(stores, record, route) },
  };
  const silent = record.gateways.filter(({ state }) => state === 'silent').map(({ gatewayId }) => gatewayId);
  const own = silent.flatMap((gatewayId) => questions(record, { gatewayId, base: registered.find((each) => each.gatewayId === gatewayId)?.adminAddress ?? null, times: 1 }));
  const shared = questions(record, { gatewayId: null, base: settings.gatewayUrl, times: SHARED_TIMES });
  return Promise.all([...own, ...shared].map((question) => put(question, round)));
}

interface Question { readonly gatewayId: string | null; readonly base: string | null; readonly kind: Probe['kind']; readonly path: string }

function questions({ tenantId, deployment, variants }: KillRecord, { gatewayId, base, times }: { gatewayId: string | null; base: string | null; times: number }): readonly Question[] {
  const model = `/t/${encodeURIComponent(tenantId)}/v2/models/${encodeURIComponent(deployment)}`;
  const versions = [...new Set(variants.map(({ version }) => version))].slice(0, MOST_VERSIONS);
  return [
    ...Array.from({ length: times }, (): Question => ({ gatewayId, base, kind: 'decides', path: `${model}/infer` })),
    ...versions.map((version): Question => ({ gatewayId, base, kind: 'by-version', path: `${model}/versions/${encodeURIComponent(version)}/infer` })),
  ];
}

async function put({ gatewayId, base, kind, path }: Question, { body, headers, suspects, clock }: Round): Promise<Probe> {
  const url = base === null ? null : URL.parse(`${base.replace(/\/+$/, '')}${path}`);
  if (url === null) return { gatewayId, kind, atMs: clock(), status: 0, variantId: null, fingerprint: null, result: 'no-answer', note: 'it has told no address to ask it at' };
  const answer = await ask(url, body, headers);
  const { status, variantId, fingerprint } = answer;
  return { gatewayId, kind, atMs: clock(), status, variantId, fingerprint, ...readProbe(kind, answer, suspects) };
}

/** The request that the killed version was fingerprinted with; without a contract an empty one, which shows who refuses it. */
async function requestFor({ deployments }: KillPorts['stores'], { tenantId, variants }: KillRecord): Promise<InferenceRequest> {
  for (const { variantId } of variants) {
    const variant = await deployments.getVariant(tenantId, variantId);
    const contract = variant === null ? null : await deployments.getContract(tenantId, variant.contractHash);
    if (contract !== null) return probeRequest(contract);
  }
  return { inputs: [] };
}

function killedIn({ targets, variants }: KillRecord, route: Route | null): (id: VariantId) => boolean {
  const ids = new Set(variants.map(({ variantId }) => variantId));
  return (id) => ids.has(id) || isKilledId(targets, id, route?.variants ?? {});
}

/** By what the versions of the route are known, living and killed. */
async function fingerprints({ deployments }: KillPorts['stores'], { tenantId, variants }: KillRecord, route: Route | null): Promise<ReadonlyMap<VariantId, string>> {
  const ids = Object.keys(route?.variants ?? {});
  const known = await Promise.all(ids.map(async (id) => [id, (await deployments.getVariant(tenantId, id))?.fingerprint ?? null] as const));
  const killed = variants.map(({ variantId, fingerprint }) => [variantId, fingerprint] as const);
  return new Map([...known, ...killed].filter((entry): entry is readonly [string, string] => entry[1] !== null));
}
