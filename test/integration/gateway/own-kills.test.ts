import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOwnKills, type KeptKill, type OwnKills } from '../../../gateway/own-kills.ts';
import { newRoute } from '../../support/traffic-arbitraries.ts';

const path = (): string => join(mkdtempSync(join(tmpdir(), 'lastmile-own-')), 'own-kills.json');
const killOf = (n: number, of: Partial<KeptKill> = {}): Omit<KeptKill, 'merged'> => ({ killId: `kil_${n}`, targets: [`var_${n}`], inFlight: 'abort', actor: { kind: 'person', name: 'ann' }, atMs: n, tenantId: 'default', deploymentUid: 'dep_1', ...of });
const open = (file: string): Promise<OwnKills> => openOwnKills(file, { changed: () => undefined, failed: (error) => { throw error as Error; } });
const holding = (...tombstones: string[]) => [{ ...newRoute(), tombstones }];

test('a route takes a kill over only when the API has heard of it and every target is in the route', async () => {
  const kills = await open(path());
  await kills.add(killOf(1, { targets: ['var_1', 'var_2'] }));
  kills.merge(holding('var_1', 'var_2'));
  expect(kills.tombstones('dep_1')).toEqual(['var_1', 'var_2']);   // the API would never learn who killed
  kills.told(kills.open(null));
  kills.merge(holding('var_1'));
  kills.merge([{ ...newRoute(), deploymentUid: 'dep_2', tombstones: ['var_1', 'var_2'] }]);
  expect(kills.tombstones('dep_1')).toEqual(['var_1', 'var_2']);
  kills.merge(holding('var_2', 'var_1'));
  expect([kills.tombstones('dep_1'), kills.open(null), kills.find('kil_1')?.merged]).toEqual([[], {}, true]);
});

test('what is known is on disk, merged ids too, so that a repeat after a restart is still no new kill', async () => {
  const file = path();
  const first = await open(file);
  await Promise.all([first.add(killOf(1)), first.add(killOf(2, { inFlight: 'drain', tenantId: 'acme', deploymentUid: 'dep_2' }))]);
  first.told(first.open(null));
  first.merge(holding('var_1'));
  await first.flushed();
  const again = await open(file);
  expect(again.find('kil_1')).toMatchObject({ merged: true });
  expect([again.tombstones('dep_1'), again.killings('dep_2')]).toEqual([[], [{ tombstones: ['var_2'], draining: ['var_2'] }]]);
  expect([again.open('default'), Object.keys(again.open('acme')), Object.keys(again.open(null))]).toEqual([{}, ['dep_2'], ['dep_2']]);
  await again.add(killOf(1));
  expect(again.tombstones('dep_1')).toEqual([]);
});

test('the API is told at most as many as it takes at once, all are obeyed, and the memory of merged ones is bounded', async () => {
  const file = path();
  const kills = await open(file);
  const all = Array.from({ length: 250 }, (_, n) => killOf(n));
  await Promise.all(all.map((kill) => kills.add(kill)));
  expect([kills.tombstones('dep_1').length, kills.open(null).dep_1?.length]).toEqual([250, 100]);
  for (let round = 0; round < 3; round += 1) { kills.told(kills.open(null)); kills.merge(holding(...all.flatMap(({ targets }) => targets))); }
  expect(kills.tombstones('dep_1')).toEqual([]);
  await kills.flushed();
  expect((JSON.parse(readFileSync(file, 'utf8')) as { kills: unknown[] }).kills).toHaveLength(200);
});
