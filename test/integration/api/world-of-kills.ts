import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOfJson } from '../../../domain/digest.ts';
import { verifyTable } from '../../../config/signing.ts';
import type { DeploymentRecord } from '../../../domain/deployment-record.ts';
import { chooseChampion, type Situation } from '../../../domain/traffic/choose.ts';
import { findVersion } from '../../../domain/traffic/find-version.ts';
import type { OwnKill, RouteTable, TableRoute, VariantQuiet } from '../../../domain/traffic/table.ts';
import type { Variant } from '../../../domain/variant.ts';
import { SERVICE_TOKEN, smallFile, type World } from '../../support/api-world.ts';

/** A gateway over real sockets, as far as a kill sees one: it syncs by the control channel, obeys tables, and answers callers by them. */
export interface FakeGateway {
  readonly id: string;
  readonly url: string;
  readonly asked: IncomingMessage[];
  /** Told of in the next syncs. */
  quiet: Record<string, VariantQuiet>;
  ownKills: Record<string, readonly OwnKill[]>;
  /** It hears nothing and says nothing while it is set; callers it goes on answering. */
  cutOff: boolean;
  /** Answers as this variant whatever the table says. */
  answersAs: string | null;
  outputsOf: string | null;
  sync(): Promise<number>;
  close(): Promise<void>;
}

export async function fakeGateway(world: World, id: string): Promise<FakeGateway> {
  let table: RouteTable | null = null;
  const gone = new AbortController();
  const server = createServer((request, response) => { self.asked.push(request); answer(self, table, request, response); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const once = async (waitMs: number): Promise<number> => {
    const body = {
      gatewayId: id, incarnation: 1, address: url, adminAddress: url, tableDigest: table === null ? null : digestOfJson({ routes: table.routes, callers: table.callers } as never),
      applied: Object.fromEntries((table?.routes ?? []).map(({ deploymentUid, revision }) => [deploymentUid, revision])), ownKills: self.ownKills, quiet: self.quiet, waitMs,
      stats: { startedAtMs: 1, requests: 0, refused: 0, errors: 0, mirrored: 0, dropped: 0, recordsPending: 0, recordsLost: 0, perVariant: {} },
    };
    const response = await fetch(`${world.url}/internal/v1/gateways/sync`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${SERVICE_TOKEN}` }, body: JSON.stringify(body), signal: gone.signal });
    const text = await response.text();
    if (response.status === 200 && !self.cutOff) {
      const { table: signed } = JSON.parse(text) as { table: { keyId: string; table: string; signature: string } | null };
      if (signed !== null) table = verifyTable(signed, [world.publicKey]);
    }
    return response.status;
  };
  const loop = async (): Promise<void> => {
    while (!gone.signal.aborted) {
      if (self.cutOff) await new Promise((resolve) => { setTimeout(resolve, 10); });
      else await once(500).catch(() => undefined);
    }
  };
  const self: FakeGateway = {
    id, url, asked: [], quiet: {}, ownKills: {}, cutOff: false, answersAs: null, outputsOf: null, sync: () => once(0),
    async close() { gone.abort(); await looping; await closed(server); },
  };
  await once(0);
  const looping = loop();
  return self;
}

function closed(server: Server): Promise<void> { server.closeAllConnections(); return new Promise((resolve) => { server.close(() => { resolve(); }); }); }

/** As gateway/ does: the champion, or who stands in; 410 for a killed version; 503 when closed. */
function answer(self: FakeGateway, table: RouteTable | null, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const { route, version } = targetOf(table, request.url ?? '');
  const end = (status: number, headers: Record<string, string>, body: unknown): void => { response.writeHead(status, { 'content-type': 'application/json', ...headers }); response.end(JSON.stringify(body)); };
  if (route === null) { end(404, { 'x-lastmile-error': 'LM_DEPLOYMENT_NOT_FOUND' }, { error: 'unknown' }); return; }
  const situation = { ownTombstones: [], leaseLost: false };
  const serving = self.answersAs ?? servingOf(route, version, situation);
  if (serving === 'killed') { end(410, { 'x-lastmile-error': 'LM_VARIANT_KILLED' }, { error: 'killed' }); return; }
  if (serving === null) { end(503, { 'x-lastmile-error': 'LM_GATEWAY_UNAVAILABLE' }, { error: 'closed' }); return; }
  end(200, { 'x-lastmile-variant': serving }, answerOf(self.outputsOf ?? serving));
}

function targetOf(table: RouteTable | null, url: string): { readonly route: TableRoute | null; readonly version: string | null } {
  const [, tenant = '', name = '', version = null] = /^\/t\/([^/]+)\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?\/infer$/.exec(url) ?? [];
  return { version, route: table?.routes.find((each) => each.tenantId === tenant && each.name === name) ?? null };
}

function servingOf(route: TableRoute, version: string | null, situation: Situation): string | null {
  if (version !== null) { const found = findVersion(route, version, situation); return found.kind === 'other' ? found.variant.variantId : found.kind === 'champion' ? route.champion : 'killed'; }
  const choice = chooseChampion(route, situation);
  return choice.kind === 'serve' ? choice.variant.variantId : null;
}

/** Each version has outputs of its own. */
export function answerOf(variantId: string): { readonly outputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly datatype: string; readonly data: readonly unknown[] }[] } {
  return { outputs: [{ name: 'y', datatype: 'BYTES', shape: [1], data: [variantId] }] };
}

const NO_FINGERPRINTS: Readonly<Record<string, string>> = {};

/** A deployment with version 7 as champion, 6 as last good, and 8 with a tenth of the traffic; stored as workflows leave it. */
export async function inService(world: World, { name = 'churn', tenant = 'default', backend = 'memory', onLostControl = 'serve', fingerprints = NO_FINGERPRINTS } = {}): Promise<DeploymentRecord> {
  const { stores } = world;
  await world.call('PUT', `/api/v1/deployments/${name}`, { key: await world.key({ tenant }), body: { spec: smallFile(name, { onLostControl }) } });
  const record = (await stores.deployments.getDeployment(tenant, name))!;
  const contractHash = await stores.deployments.putContract(tenant, { task: 'regression', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }], outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1] }], score: null, klass: null, classes: null, positive: null, threshold: 0.5, range: null, golden: [], latencyLimitMs: 100 });
  const variant = (version: string) => ({ variantId: `var_${name}_${version}`, version, artifactDigest: `sha256:${version.repeat(64)}`, endpoint: { url: 'http://127.0.0.1:1', modelName: `m${version}`, modelVersion: null } });
  for (const version of ['6', '7', '8']) {
    const { variantId, artifactDigest, endpoint } = variant(version);
    const stored: Variant = { tenantId: tenant, deploymentUid: record.uid, variantId, model: `filesystem:churn@${version}`, artifactDigest, backend, endpoint, attestation: 'hashed', contractHash, bundleDigest: null, createdAtMs: 1, fingerprint: fingerprints[version] ?? null };
    await stores.deployments.putVariant(stored);
  }
  const apply = (n: number, command: object) => stores.routes.apply(tenant, record.uid, { commandId: `setup-${String(n)}`, atMs: n, ...command } as never);
  await apply(1, { type: 'setChampion', variant: variant('6'), expectedChampion: null, by: 'automation' });
  await apply(2, { type: 'setChampion', variant: variant('7'), expectedChampion: variant('6').variantId, by: 'automation' });
  await apply(3, { type: 'setShare', variant: variant('8'), sharePer10k: 1_000, ifRollout: `${record.uid}/1` });
  return record;
}
