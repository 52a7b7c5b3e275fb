import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { backends } from '../../../adapters/serving/index.ts';
import { createEgress } from '../../../config/egress.ts';
import { createUpstreams } from '../../../gateway/forward.ts';
import { toThisMachine } from '../../support/egress.ts';

/** Model servers that files name, on real sockets: no byte reaches an address that the operator does not allow. */

let server: Server;
let seen: string[];
let port: number;
beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url?.includes('/away/') === true) response.writeHead(302, { location: `http://127.0.0.1:${String(port)}/v2/models/metadata/infer` }).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"model_name":"m","outputs":[{"name":"p","datatype":"FP32","shape":[1],"data":[0.5]}]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => { server.closeAllConnections(); server.close(); await once(server, 'close'); });

const STRICT = { allow: ['models.test', '10.0.0.0/8'], loopback: false, own: [] };
/** The name leads to `address`, whatever the network says. */
const leadingTo = (address: string, loopback = false) => createEgress('target', { ...STRICT, loopback }, (_host, _options, done) => { done(null, [{ address, family: address.includes(':') ? 6 : 4 }]); });
const infer = (egress: ReturnType<typeof createEgress>, url: string, modelName = 'm'): Promise<unknown> => backends.oip.create({ egress }).infer({ url, modelName, modelVersion: null }, { inputs: [] }, 2_000);

test('worker and API: addresses and names are refused by where they lead, and the judged address is the one connected to', async () => {
  for (const url of [`http://127.0.0.1:${String(port)}`, 'http://169.254.169.254/', 'http://192.168.1.1/', 'http://[::1]/', `http://0x7f000001:${String(port)}`, `http://user:word@10.0.0.1/`, 'http://[fe80::1]/']) {
    await expect(infer(createEgress('target', STRICT), url)).rejects.toMatchObject({ code: 'LM_EGRESS_DENIED' });
  }
  const byName = `http://models.test:${String(port)}`;
  for (const address of ['127.0.0.1', '169.254.169.254', '::1']) await expect(infer(leadingTo(address), byName)).rejects.toMatchObject({ code: 'LM_EGRESS_DENIED' });
  await expect(infer(leadingTo('127.0.0.1'), `http://other.test:${String(port)}`)).rejects.toMatchObject({ code: 'LM_EGRESS_DENIED' });
  expect(seen).toEqual([]);
  expect(await infer(leadingTo('127.0.0.1', true), byName)).toMatchObject({ response: { model_name: 'm' } });
  expect(seen).toEqual(['/v2/models/m/infer']);
});

test('a redirect is an answer that failed: nobody follows it', async () => {
  await expect(infer(toThisMachine, `http://127.0.0.1:${String(port)}/away`)).rejects.toMatchObject({ code: 'LM_BACKEND_UNAVAILABLE' });
  expect(seen).toEqual(['/away/v2/models/m/infer']);
});

test('gateway: a route that leads to a denied address is a server that cannot be reached, and no byte goes there', async () => {
  const own = `http://127.0.0.1:${String(port)}`;
  const sent = async (egress: ReturnType<typeof createEgress>, url: string): Promise<unknown> => {
    const upstreams = createUpstreams({ connections: 2, answerBytes: 1 << 20, elapsedMs: () => performance.now(), egress });
    const leg = { lives: () => true, send: () => true, finish: () => undefined, end: null };
    const answer = await upstreams.send({ endpoint: { url, modelName: 'm', modelVersion: null }, method: 'POST', path: '/infer', headers: {}, body: Buffer.from('{}'), deadlineMs: 2_000, leg, mayRetry: () => true });
    await upstreams.close();
    return answer;
  };
  for (const [egress, url] of [[createEgress('target', STRICT), own], [createEgress('target', STRICT), 'http://169.254.169.254'], [leadingTo('127.0.0.1'), `http://models.test:${String(port)}`]] as const) {
    expect(await sent(egress, url)).toMatchObject({ ok: false, error: 'connect', detail: expect.stringContaining('is not called') as string });
  }
  expect(seen).toEqual([]);
  expect(await sent(createEgress('target', { ...STRICT, own: [own] }), own)).toMatchObject({ ok: true, status: 200 });
});
