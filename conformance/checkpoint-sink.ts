import assert from 'node:assert/strict';
import type { Checkpoint } from '../domain/audit/checkpoint.ts';
import type { CheckpointSink } from '../ports/checkpoint-sink.ts';
import { newScope, type Suite } from './stores/suite.ts';

/** The promises of a sink that can be read back. One that cannot must say so by null, and is held to what its receiver saw. */
export const checkpointSinkPromises: Suite<CheckpointSink> = {
  'what was kept comes back as it was, in order, of the own tenant alone': async (sink) => {
    const { tenant, other } = newScope();
    for (const seq of [1, 2, 3]) await sink.put(sampleCheckpoint(tenant, seq));
    await sink.put(sampleCheckpoint(other, 9));
    assert.deepEqual(await sink.read(tenant, { skip: 0, limit: 10 }), [1, 2, 3].map((seq) => sampleCheckpoint(tenant, seq)));
    assert.deepEqual(await sink.read(other, { skip: 0, limit: 10 }), [sampleCheckpoint(other, 9)]);
  },
  'pages skip and end': async (sink) => {
    const { tenant } = newScope();
    for (const seq of [1, 2, 3]) await sink.put(sampleCheckpoint(tenant, seq));
    const seqs = async (skip: number, limit: number): Promise<readonly number[]> => ((await sink.read(tenant, { skip, limit })) ?? []).map(({ seq }) => seq);
    assert.deepEqual([await seqs(0, 2), await seqs(2, 2), await seqs(3, 2)], [[1, 2], [3], []]);
  },
  'a tenant without checkpoints has none': async (sink) => { assert.deepEqual(await sink.read(newScope().tenant, { skip: 0, limit: 10 }), []); },
  'writers at once lose nothing': async (sink) => {
    const { tenant } = newScope();
    await Promise.all(Array.from({ length: 20 }, (_, i) => sink.put(sampleCheckpoint(tenant, i + 1))));
    const kept = (await sink.read(tenant, { skip: 0, limit: 100 })) ?? [];
    assert.deepEqual(kept.map(({ seq }) => seq).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
  },
  'the same one again is taken': async (sink) => {
    const { tenant } = newScope();
    await sink.put(sampleCheckpoint(tenant, 1));
    await sink.put(sampleCheckpoint(tenant, 1));
    assert.equal(new Set((await sink.read(tenant, { skip: 0, limit: 10 }))?.map(({ seq }) => seq)).size, 1);
  },
};

export function sampleCheckpoint(tenantId: string, seq: number): Checkpoint {
  return { tenantId, seq, hash: `sha256:${String(seq).padStart(64, '0')}`, atMs: 1_700_000_000_000 + seq, keyId: '0123456789abcdef', signature: Buffer.alloc(64, seq).toString('base64') };
}
