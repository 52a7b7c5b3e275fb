import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stores as databases } from '../../../adapters/store/index.ts';
import { hashKey, newApiKey } from '../../../api/auth.ts';
import { SCOPES } from '../../../ports/key-store.ts';
import { ensureFirstKey } from '../../../api/dev-key.ts';
import { recordFoundKeys } from '../../../api/key-records.ts';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'lastmile-key-')); });
afterEach(() => { rmSync(folder, { recursive: true }); });
const start = (keys = databases.memory.create({}).keys, given: string | null = null) => ({ keys, run: () => ensureFirstKey(keys, { given, file: join(folder, 'keys', 'dev-api-key'), nowMs: 1 }) });

test('the first start makes a key that its owner alone can read; the second leaves all as it is', async () => {
  const { keys, run } = start();
  expect(await run()).toBe('file');
  const file = join(folder, 'keys', 'dev-api-key');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const secret = readFileSync(file, 'utf8').trim();
  expect(await keys.byHash(hashKey(secret))).toMatchObject({ tenantId: 'default', actor: { kind: 'person' }, scopes: SCOPES });
  expect(await run()).toBe('there');
  expect(await keys.list('default')).toHaveLength(1);
});

test('an emptied database gets the key of the file again', async () => {
  await start().run();
  const secret = readFileSync(join(folder, 'keys', 'dev-api-key'), 'utf8').trim();
  const second = start();
  expect(await second.run()).toBe('file');
  expect(await second.keys.byHash(hashKey(secret))).not.toBeNull();
});

test('a key that the environment gives is taken, and never written; one that is none is refused', async () => {
  const secret = newApiKey();
  const { keys, run } = start(undefined, secret);
  expect(await run()).toBe('given');
  expect(await keys.byHash(hashKey(secret))).not.toBeNull();
  expect(() => statSync(join(folder, 'keys'))).toThrow();
  await expect(start(undefined, 'change-me-please').run()).rejects.toMatchObject({ code: 'LM_INVALID_CONFIG' });
});

test('in production no key is made, the one that is given is taken, and a development key that still opens the API is refused', async () => {
  const file = join(folder, 'keys', 'dev-api-key');
  const { keys } = start();
  const production = (given: string | null, of = keys) => ensureFirstKey(of, { given, file, nowMs: 1, production: true });
  await expect(production(null)).rejects.toMatchObject({ code: 'LM_INVALID_CONFIG' });
  expect(await keys.list('default')).toEqual([]);
  expect(await production(newApiKey())).toBe('given');
  expect(await production(null)).toBe('there');
  const developed = start();
  await developed.run();
  await expect(production(newApiKey(), developed.keys)).rejects.toMatchObject({ code: 'LM_INVALID_CONFIG', message: expect.stringContaining('keys revoke') });
  const [dev] = await developed.keys.list('default');
  await developed.keys.revoke('default', dev!.id, 1);
  expect(await production(newApiKey(), developed.keys)).toBe('given');
});

test('every key of the store has one record in the chain, however often the API starts; a found one says so', async () => {
  const stores = databases.memory.create({});
  await start(stores.keys).run();
  const [key] = await stores.keys.list('default');
  await recordFoundKeys(stores);
  await stores.keys.revoke('default', key!.id, 9);
  await recordFoundKeys(stores);
  await recordFoundKeys(stores);
  const records = await stores.audit.read('default', { afterSeq: 0, limit: 9 });
  expect(records.map(({ action, subject, atMs }) => [action, subject, atMs])).toEqual([['key.create', key!.id, 1], ['key.revoke', key!.id, 9]]);
  expect(records[0]).toMatchObject({ actor: { kind: 'service', name: 'api' }, reason: expect.stringMatching(/found in the key store/) as string, facts: { name: 'developer', kind: 'person', scopes: [...SCOPES], expiresAtMs: null } });
});

test('the development key of an older lastmile gets the scopes that have come since; a key that somebody made stays as it is', async () => {
  const { keys, run } = start();
  await run();
  const [made] = await keys.list('default');
  await keys.put({ ...made!, scopes: ['read', 'admin'] });
  await keys.put({ ...made!, id: 'key_other', hash: 'other', actor: { kind: 'person', name: 'bea' }, scopes: ['read', 'admin'] });
  expect(await run()).toBe('there');
  expect((await keys.list('default')).map(({ actor, scopes }) => [actor.name, scopes])).toEqual(expect.arrayContaining([['developer', SCOPES], ['bea', ['read', 'admin']]]));
});
