import { createHash } from 'node:crypto';
import { STYLE } from '../../../web/style.ts';
import { inCanary } from '../../support/api-documents.ts';
import { createWorld, smallFile, type World } from '../../support/api-world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.call('PUT', '/api/v1/deployments/churn', { key: await world.key(), body: { spec: smallFile() } });
});
afterEach(() => world.close());

test('from this machine the pages need no key', async () => {
  await inCanary(world.stores);
  const index = await world.call('GET', '/');
  expect(index.status).toBe(200);
  expect(index.text).toContain('href="/deployments/churn"');
  const page = await world.call('GET', '/deployments/churn');
  expect(page.text).toContain('Version 6 decides.');
  expect(page.text).toContain('aria-label="Traffic: 6 (champion) 95%, 7 (challenger) 5%"');
  expect(page.text).toContain('+EUR\u00a010,124.31');
  expect(page.text).toContain('how often the versions disagree');
  expect(page.text).toContain('http://temporal.test/rollout');
});

test.each([
  ['a name that only resolves to this machine', { host: 'evil.test' }], ['a proxy', { 'x-forwarded-for': '203.0.113.9' }], ['another proxy', { forwarded: 'for=203.0.113.9' }],
])('through %s they need one', async (_what, headers) => {
  const refused = await world.call('GET', '/deployments/churn', { headers });
  expect([refused.status, refused.headers['www-authenticate']?.startsWith('Basic')]).toEqual([401, true]);
  expect(refused.text).not.toContain('churn@7');
  const key = await world.key({ scopes: ['read'] });
  const basic = Buffer.from(`reader:${key}`).toString('base64');
  expect((await world.call('GET', '/deployments/churn', { headers: { ...headers, authorization: `Basic ${basic}` } })).status).toBe(200);
  expect((await world.call('GET', '/', { headers, key: await world.key({ scopes: ['label'] }) })).status).toBe(403);
  expect((await world.call('GET', '/deployments/churn', { headers, key: await world.key({ tenant: 'b' }) })).status).toBe(404);
});

test('a page may run nothing and load nothing', async () => {
  const page = await world.call('GET', '/deployments/churn');
  const hash = createHash('sha256').update(STYLE).digest('base64');
  expect(page.headers['content-security-policy']).toBe(`default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`);
  expect(page.text).toContain(`<style>${STYLE}</style>`);
  expect(page.text).not.toMatch(/<script|\son\w+=|\sstyle=/i);
});

test('a deployment that is not there gets a page that says so', async () => {
  const page = await world.call('GET', '/deployments/nobody');
  expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
});

test('the schema of the file and OpenAPI are open to all', async () => {
  expect((await world.call('GET', '/schemas/v1alpha1.json')).json.title).toContain('v1alpha1');
  expect((await world.call('GET', '/openapi.json')).json.openapi).toBe('3.1.0');
});
