import type { Route } from '../../../domain/traffic/route.ts';
import { countingProxy, type CountingProxy } from '../../support/counting-proxy.ts';
import { act, closeAll, control, gateway, modelServer, ok, predict, routeOf, until, type ModelServer } from './harness.ts';

afterEach(closeAll);

/** A model server behind a proxy that counts what really comes. */
async function counted(n: number): Promise<{ server: ModelServer; proxy: CountingProxy; variant: ModelServer['variant'] }> {
  const server = await modelServer(n);
  const proxy = await countingProxy(server.port);
  return { server, proxy, variant: { ...server.variant, endpoint: { ...server.variant.endpoint, url: `http://127.0.0.1:${proxy.port}` } } };
}

test('under load, not one request reaches a killed variant after the gateway has said that it is silent, kill after kill', async () => {
  const api = await control();
  const [one, two, three] = [await counted(1), await counted(2), await counted(3)];
  for (const { server } of [one, two, three]) server.answer = (seen, response) => { setTimeout(() => { ok(server === one.server ? 1 : 2)(seen, response); }, Math.random() * 8); };
  // The champion, a challenger with half of the traffic that is mirrored too, and a last good one: every way to a variant is in use.
  const first = act(routeOf(one.variant), { type: 'setChampion', variant: two.variant, expectedChampion: 'var_1', by: 'automation' });
  const shadowed = act(first, { type: 'setShadows', shadows: [{ variantId: 'var_3', variant: three.variant, samplePer10k: 10_000, deadlineMs: 2_000 }], ifRollout: 'dep_1/1' });
  let route: Route = act(shadowed, { type: 'setShare', variant: three.variant, sharePer10k: 5_000, ifRollout: 'dep_1/1' });
  api.publish([route]);
  const { url } = await gateway(api, { limits: { servingConnections: 8, mirrorsPerVariant: 4 } });

  let going = true;
  let answered = 0;
  const failures: number[] = [];
  const client = async (): Promise<void> => {
    while (going) {
      const response = await predict(url);
      await response.arrayBuffer();
      answered += 1;
      if (response.status !== 200) failures.push(response.status);
    }
  };
  const clients = Array.from({ length: 40 }, client);
  const answers = async (more: number): Promise<void> => { const before = answered; await until(`${more} more answers`, () => answered >= before + more, 60_000); };

  for (let round = 0; round < 6; round += 1) {
    await answers(60);
    const victim = round % 2 === 0 ? two : three;
    const id = victim.variant.variantId;
    const before = { route, requests: victim.proxy.requests.length };
    expect(before.requests).toBeGreaterThan(0);
    route = act(route, { type: 'kill', targets: [round % 4 < 2 ? id : victim.variant.artifactDigest], inFlight: round % 3 === 0 ? 'drain' : 'abort' });
    const { revision } = route;
    let atSilence: number | null = null;
    api.onSync = ({ applied, quiet }) => { if (atSilence === null && (applied.dep_1 ?? 0) >= revision && quiet[id]?.inFlight === 0) atSilence = victim.proxy.requests.length; };
    api.publish([route]);
    await until('silence is told', () => atSilence !== null);
    await answers(150);
    expect(victim.proxy.requests).toHaveLength(atSilence!);
    // Back as it was, under a newer revision, for the next round.
    route = act(route, { type: 'revive', targets: [id, victim.variant.artifactDigest], person: 'ann', reason: 'next round' });
    if (victim === three) {
      route = act(route, { type: 'setShadows', shadows: [{ variantId: 'var_3', variant: three.variant, samplePer10k: 10_000, deadlineMs: 2_000 }], ifRollout: 'dep_1/1' }, { type: 'setShare', variant: three.variant, sharePer10k: 5_000, ifRollout: 'dep_1/1' });
    }
    api.publish([route]);
    const seen = victim.proxy.requests.length;
    await until('it answers again', () => victim.proxy.requests.length > seen, 60_000);
  }
  going = false;
  await Promise.all(clients);
  expect(failures).toEqual([]);   // nobody noticed: the ladder answered
  expect(one.proxy.requests.length).toBeGreaterThan(0);
  for (const { proxy } of [one, two, three]) await proxy.close();
});
