import { copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPublicKeys } from '../../../config/signing.ts';
import { chooseVariant } from '../../../domain/traffic/choose.ts';
import type { RouteTable, SignedTable } from '../../../domain/traffic/table.ts';
import { createRouteTable } from '../../../gateway/route-table.ts';
import { createWantedFile } from '../../../modelhost/wanted.ts';
import { closeAll, control, gateway, TOKEN } from '../gateway/harness.ts';
import { ROOT } from '../../support/source-tree.ts';

/**
 * What gateways and modelhost of earlier releases left on disk, taken from a run of the story with version 2 in canary. A new release adds a
 * folder; none is ever changed. Only the public key is kept.
 */
const RECORDED = join(ROOT, 'test', 'fixtures', 'state');
afterEach(closeAll);

describe.each(readdirSync(RECORDED))('the files of %s', (release) => {
  const at = (file: string): string => join(RECORDED, release, file);
  const signed = JSON.parse(readFileSync(at('route-table.json'), 'utf8')) as SignedTable;
  const keys = loadPublicKeys(at('routes.pub.pem'));
  const [written] = (JSON.parse(signed.table) as RouteTable).routes;
  const [share] = written!.shares;
  const folder = (): string => mkdtempSync(join(tmpdir(), 'lastmile-upgrade-'));

  test('a signed route table is accepted and split as it says; changed by a byte it is not', () => {
    const table = createRouteTable(keys, () => 0, () => undefined);
    expect(table.accept({ ...signed, table: signed.table.replace(`"sharePer10k":${String(share!.sharePer10k)}`, '"sharePer10k":9999') })).toBe('unsigned');
    expect(table.accept(signed)).toBe('accepted');
    const route = table.route('default', 'market-signal')!;
    const chosen = (leaseLost: boolean): readonly string[] => Array.from({ length: 4_000 }, (_, i) => chooseVariant(route, `key-${String(i)}`, { ownTombstones: [], leaseLost })).map((choice) => (choice.kind === 'serve' ? choice.variant.version : choice.reason));
    const challenged = chosen(false).filter((version) => version === '2').length / 4_000;
    expect(Math.abs(challenged - share!.sharePer10k / 10_000)).toBeLessThan(0.05);
    expect(new Set(chosen(true))).toEqual(new Set(['1']));
    const own = chooseVariant(route, 'key', { ownTombstones: [route.champion!], leaseLost: true });
    expect(own).toEqual({ kind: 'closed', reason: 'killed' });
  });

  test('a gateway that starts on it without the API obeys it', async () => {
    const tablePath = join(folder(), 'route-table.json');
    copyFileSync(at('route-table.json'), tablePath);
    const api = await control();
    await api.stop();
    const served = await gateway(api, { keys, tablePath, limits: { firstSyncMs: 100 } });
    const status = await (await fetch(`${served.url}/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).json() as { applied: object; leaseLost: boolean };
    expect(status).toMatchObject({ applied: { [written!.deploymentUid]: written!.revision }, leaseLost: true });
    expect((await fetch(`${served.url}/v2/health/ready`)).status).toBe(200);
  });

  test('modelhost reads what should run, and keeps off what must not', async () => {
    const place = folder();
    const document = JSON.parse(readFileSync(at('wanted.json'), 'utf8')) as { variants: { variantId: string }[]; tombstones: string[] };
    writeFileSync(join(place, 'wanted.json'), JSON.stringify({ ...document, tombstones: ['var_killed'] }));
    const wanted = await createWantedFile(place).read();
    expect(wanted.variants).toEqual(document.variants);
    expect(wanted.variants.map(({ variantId }) => variantId).sort()).toEqual(Object.keys(written!.variants).sort());
    expect(wanted.tombstones).toEqual(['var_killed']);
  });
});
