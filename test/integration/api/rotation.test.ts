import { request as httpRequest } from 'node:http';
import { createWorld, SERVICE_TOKEN, signingPair, smallFile, type World } from '../../support/api-world.ts';

const PREVIOUS = 'the-service-token-of-before-0123456789';
let world: World;
beforeEach(async () => {
  world = await createWorld({ otherServiceTokens: [PREVIOUS] });
  await world.call('PUT', '/api/v1/deployments/churn', { key: await world.key(), body: { spec: smallFile() } });
});
afterEach(() => world.close());

/** An event stream that is open: when it ends, and whether it has. */
function stream(key: string): Promise<{ readonly ended: Promise<string>; isOpen(): boolean; close(): void }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: world.port, path: '/api/v1/events', agent: false, headers: { authorization: `Bearer ${key}` } }, (response) => {
      let text = '';
      let isOpen = true;
      const ended = new Promise<string>((done) => { response.on('close', () => { isOpen = false; done(text); }); });
      response.setEncoding('utf8').on('error', () => undefined).on('data', (chunk: string) => { text += chunk; resolve({ ended, isOpen: () => isOpen, close: () => { request.destroy(); } }); });
    });
    request.on('error', reject);
    request.end();
  });
}

test('API key: old and new work side by side; once the old one is revoked its calls are refused and its stream ends by itself, the new one\'s does not', async () => {
  const admin = await world.key();
  const made = async (name: string) => (await world.call('POST', '/api/v1/keys', { key: admin, body: { name, kind: 'service', scopes: ['read'] } })).json;
  const [old, next] = [await made('ci-2025'), await made('ci-2026')];
  const [oldStream, nextStream] = [await stream(old.key), await stream(next.key)];
  for (const { key } of [old, next]) expect((await world.call('GET', '/api/v1/deployments/churn', { key })).status).toBe(200);
  await world.call('DELETE', `/api/v1/keys/${old.id}`, { key: admin });
  expect((await world.call('GET', '/api/v1/deployments/churn', { key: old.key })).status).toBe(401);
  // Nobody but the key check (limits.keyCheckMs) ends it: this line waits for ever where the promise is broken.
  expect(await oldStream.ended).toContain('the key is no longer valid');
  expect(nextStream.isOpen()).toBe(true);
  expect((await world.call('GET', '/api/v1/deployments/churn', { key: next.key })).status).toBe(200);
  nextStream.close();
});

test('service token: both are taken by every internal path during the overlap, and nothing else is', async () => {
  const paths = [['POST', '/internal/v1/gateways/sync'], ['DELETE', '/internal/v1/gateways/gw-1'], ['GET', `/internal/v1/artifacts/sha256:${'0'.repeat(64)}`]] as const;
  for (const [method, path] of paths) {
    for (const key of [SERVICE_TOKEN, PREVIOUS]) expect([400, 204, 404]).toContain((await world.call(method, path, { key, ...(method === 'POST' ? { body: {} } : {}) })).status);
    for (const key of [null, '', `${SERVICE_TOKEN},${PREVIOUS}`, SERVICE_TOKEN.slice(1), `${PREVIOUS}x`, await world.key()]) expect((await world.call(method, path, { key })).status).toBe(401);
  }
});

test('signing key: the checkpoints of the audit chain come with the key that signs and those that signed before', async () => {
  const before = signingPair().publicKey;
  const after = await createWorld({ formerKeys: [{ ...before, keyId: 'before' }] });
  const answer = await after.call('GET', '/api/v1/audit/checkpoints', { key: await after.key() });
  const { keys } = answer.json as unknown as { keys: readonly { publicKey: string }[] };
  expect(keys.map(({ publicKey }) => publicKey)).toEqual([after.publicKey, before].map(({ key }) => key.export({ type: 'spki', format: 'der' }).toString('base64')));
  await after.close();
});
