import { createWorld, smallFile, type World } from '../../support/api-world.ts';
import { expectRefusal } from './expectations.ts';

/** A file cannot send the worker, the API or a gateway where the operator does not want them (risk API7); the API says so before anything is stored. */

let world: World;
let key: string;
beforeAll(async () => { world = await createWorld(); key = await world.key(); });
afterAll(() => world.close());

const file = (url: string): Record<string, unknown> => smallFile('churn', { model: 'running:churn@1', serving: { backend: 'oip', url } });

test.each([
  'http://169.254.169.254/latest/meta-data/', 'http://[::ffff:a9fe:a9fe]/', 'http://0xa9fea9fe/', 'http://[fd00:ec2::254]/', 'http://10.0.0.1/', 'http://192.168.0.10:8080/', 'http://0.0.0.0/', 'http://8.8.8.8/', 'http://[fe80::1]/', 'http://user:word@models.example.com/', 'http://user:word@127.0.0.1/',
])('%s is refused by plan and apply, and leaves nothing behind', async (url) => {
  for (const [method, path] of [['POST', '/api/v1/plan'], ['PUT', '/api/v1/deployments/churn']] as const) {
    const answer = await world.call(method, path, { key, body: { spec: file(url) } });
    expectRefusal(answer);
    expect([answer.status, answer.json.code]).toEqual([422, 'LM_EGRESS_DENIED']);
    expect(answer.text).not.toContain('word');
  }
  expect(await world.stores.deployments.getDeployment('default', 'churn')).toBeNull();
  expect(world.orchestrator.starts).toEqual([]);
});

test.each(['file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://127.0.0.1/', 'javascript:alert(1)', 'http://', '//127.0.0.1'])('%s is no address of a server', async (url) => {
  const answer = await world.call('POST', '/api/v1/plan', { key, body: { spec: file(url) } });
  expectRefusal(answer);
  expect(answer.json.code).toBe('LM_INVALID_SPEC');
});

test('this machine in development, and names, whose addresses are judged when they are connected to, may stand in a file', async () => {
  for (const url of ['http://127.0.0.1:8080/', 'http://models.example.com/']) expect((await world.call('POST', '/api/v1/plan', { key, body: { spec: file(url) } })).status).toBe(200);
});
