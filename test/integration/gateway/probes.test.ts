import { closeAll, control, gateway, modelServer, predict, promotedRoute, routeOf, BODY, TOKEN, type Control, type ModelServer } from './harness.ts';

let api: Control; let one: ModelServer; let two: ModelServer;
beforeEach(async () => { [api, one, two] = [await control(), await modelServer(1), await modelServer(2)]; });
afterEach(closeAll);
const probe = { 'x-lastmile-probe': TOKEN };

test('a probe takes the path of a caller on both listeners, without a caller key, and leaves no evidence', async () => {
  api.publish([{ ...routeOf(one.variant, two.variant), tenantId: 'acme' }]);
  const { url, adminUrl, stop } = await gateway(api, { host: '0.0.0.0' });
  const path = '/t/acme/v2/models/churn/infer';
  for (const base of [url, adminUrl]) {
    expect((await predict(base, {}, BODY, path)).status).toBe(401);
    const response = await predict(base, probe, BODY, path);
    expect([response.status, response.headers.get('x-lastmile-variant'), await response.json()]).toMatchObject([200, 'var_1', { model_name: 'm1' }]);
    expect((await predict(base, probe)).status).toBe(404);   // the path gives the tenant
    expect((await fetch(`${base}/t/acme/v2/models/churn/ready`, { headers: probe })).status).toBe(200);
  }
  await stop();
  expect(one.seen).toHaveLength(2);
  expect(one.seen.some(({ headers }) => 'x-lastmile-probe' in headers)).toBe(false);
  expect(two.seen).toHaveLength(0);
  expect(api.records()).toEqual([]);
  expect(api.taken.flatMap(({ drops }) => drops)).toEqual([]);
});

test.each([['a wrong token', `${TOKEN}x`], ['an empty one', ''], ['a short one', 'x']])('%s in the probe header is 401 and reaches no model', async (_what, token) => {
  api.publish([routeOf(one.variant)]);
  const { url, adminUrl } = await gateway(api);
  for (const base of [url, adminUrl]) {
    const response = await predict(base, { 'x-lastmile-probe': token });
    expect([response.status, response.headers.get('x-lastmile-error')]).toEqual([401, 'LM_UNAUTHENTICATED']);
  }
  expect(one.seen).toHaveLength(0);
});

test('the admin listener answers for its own process on the inference path, and needs keys where its address does', async () => {
  api.publish([promotedRoute(one, two)]);
  const { adminUrl, stop } = await gateway(api, { admin: { host: '0.0.0.0', port: 0, url: 'http://gw-t.example:7307' } });
  expect(api.syncs.at(-1)).toMatchObject({ adminAddress: 'http://gw-t.example:7307' });
  expect((await predict(adminUrl)).status).toBe(401);
  expect((await predict(adminUrl, probe)).headers.get('x-lastmile-version')).toBe('2');
  await stop();
  const plain = await gateway(api, { gatewayId: 'gw-2' });
  expect(api.syncs.findLast(({ gatewayId }) => gatewayId === 'gw-2')!.adminAddress).toBe(plain.adminUrl);
  const response = await predict(plain.adminUrl);
  expect([response.status, response.headers.get('x-lastmile-version')]).toEqual([200, '2']);
  await plain.stop();
  expect(api.records()).toHaveLength(1);   // a caller of that address is a caller
});
