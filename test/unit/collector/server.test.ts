import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createCollectorServer } from '../../../collector/server.ts';
import type { Ingest } from '../../../collector/ingest.ts';
import { LastmileError } from '../../../domain/errors.ts';
import { batch, legRecord, SILENT } from './world.ts';

async function answerOf(ingest: Ingest): Promise<Response> {
  const server = createCollectorServer({ ingest, healthy: async () => false, serviceTokens: ['t'.repeat(32)], log: SILENT }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(503);
    return await fetch(`http://127.0.0.1:${port}/v1/records`, { method: 'POST', body: JSON.stringify(batch([legRecord()])), headers: { authorization: `Bearer ${'t'.repeat(32)}` } });
  } finally {
    server.close();
  }
}

test('while the database is away a batch is answered 503, so that the gateway keeps it', async () => {
  const response = await answerOf(async () => { throw new LastmileError('LM_STORE_UNAVAILABLE', 'MongoDB is away.', { retryAfterMs: 2_000 }); });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await response.json()).toMatchObject({ code: 'LM_STORE_UNAVAILABLE', detail: 'MongoDB is away.' });
});

test('a defect says nothing of itself', async () => {
  const response = await answerOf(async () => { throw new TypeError('secret detail'); });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
});
