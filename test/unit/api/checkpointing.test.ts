import { checkpointSinks } from '../../../adapters/checkpoint/index.ts';
import { stores as databases } from '../../../adapters/store/index.ts';
import { createCheckpointing, type Checkpointing } from '../../../api/checkpointing.ts';
import { publicKeyText, signatureCheck } from '../../../config/signing.ts';
import { checkpointState } from '../../../domain/audit/checkpoint.ts';
import { LastmileError } from '../../../domain/errors.ts';
import type { AuditLog } from '../../../ports/audit-log.ts';
import type { CheckpointSink } from '../../../ports/checkpoint-sink.ts';
import { auditEntry, chainOf, newSigningKey } from '../../support/signed-audit.ts';

const key = newSigningKey();
let now: number;
let audit: AuditLog;
let sink: CheckpointSink;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const start = (of: { audit?: AuditLog; sinks?: Record<string, CheckpointSink> } = {}): Checkpointing => createCheckpointing({ audit: of.audit ?? audit, sinks: of.sinks ?? { memory: sink }, key, clock: () => now, log: silent, everyMs: 60_000, everyRecords: 5 });
const append = async (from: number, to: number): Promise<void> => { for (let n = from; n <= to; n += 1) await audit.append('default', auditEntry(n)); };
const kept = async (of: Checkpointing): Promise<readonly number[]> => (await of.read('default', { skip: 0, limit: 99 })).map(({ seq }) => seq);

beforeEach(() => { now = 1_000_000; audit = databases.memory.create({}).audit; sink = checkpointSinks.memory.create({}); });

test('a checkpoint is made by time or by number of records, not otherwise, and its signature holds', async () => {
  const checkpointing = start();
  await append(1, 1);
  await checkpointing.look();
  expect(await kept(checkpointing)).toEqual([1]);
  await append(2, 5);
  await checkpointing.look();
  expect(await kept(checkpointing)).toEqual([1]);
  await append(6, 6);
  await checkpointing.look();
  expect(await kept(checkpointing)).toEqual([1, 6]);
  await append(7, 7);
  now += 59_999;
  await checkpointing.look();
  now += 1;
  await checkpointing.look();
  now += 120_000;
  await checkpointing.look();
  expect(await kept(checkpointing)).toEqual([1, 6, 7]);
  const check = signatureCheck([publicKeyText(key)]);
  expect((await checkpointing.read('default', { skip: 0, limit: 9 })).map((checkpoint) => checkpointState(checkpoint, check))).toEqual(['good', 'good', 'good']);
});

test('at the end everything that is new is signed; the next process goes on from there', async () => {
  await append(1, 3);
  const first = start();
  await first.look(true);
  await append(4, 4);
  await first.look(true);
  const second = start();
  await second.look(true);
  expect(await kept(second)).toEqual([3, 4]);
  expect(second.problems()).toEqual([]);
});

/** The chain as an administrator of the database left it. */
const forged = (count: number, change: (n: number) => Parameters<typeof auditEntry>[1] = () => ({})): AuditLog => {
  const records = chainOf(Array.from({ length: count }, (_, i) => auditEntry(i + 1, change(i + 1))));
  return { ...audit, async read(_tenant, { afterSeq, limit }) { return records.filter(({ seq }) => seq > afterSeq).slice(0, limit); }, async heads() { return records.slice(-1).map(({ tenantId, seq, hash }) => ({ tenantId, seq, hash })); } };
};

test.each([
  ['cut', () => forged(4), /record 6, which was signed, is gone/], ['emptied', () => forged(0), /record 6, which was signed, is gone/],
  ['written anew', () => forged(9, (n) => (n === 2 ? { reason: 'other' } : {})), /record 6 is not the one that was signed/], ['written anew to the same length', () => forged(6, (n) => (n === 2 ? { reason: 'other' } : {})), /record 6 is not the one that was signed/],
])('a chain that was %s gets no signature, and it is said', async (_how, chain, problem) => {
  await append(1, 6);
  await start().look(true);
  const checkpointing = start({ audit: chain() });
  now += 120_000;
  await checkpointing.look(true);
  expect(checkpointing.problems()).toEqual([expect.stringMatching(problem)]);
  expect(await kept(checkpointing)).toEqual([6]);
});

test('a sink that is away gets what it missed, in order, and does not hold the others', async () => {
  let away = true;
  const got: number[] = [];
  const flaky: CheckpointSink = { async put({ seq }) { if (away) throw new LastmileError('LM_SINK_UNAVAILABLE', 'Away.'); got.push(seq); }, async read() { return null; } };
  const checkpointing = start({ sinks: { flaky, memory: sink } });
  await append(1, 2);
  await checkpointing.look(true);
  await append(3, 3);
  await checkpointing.look(true);
  expect(await kept(checkpointing)).toEqual([2, 3]);
  expect(checkpointing.problems()).toEqual([expect.stringMatching(/flaky.*2 wait/)]);
  away = false;
  await checkpointing.look();
  expect(got).toEqual([2, 3]);
  expect(checkpointing.problems()).toEqual([]);
});

test('a sink that cannot be read back is said, and signs nothing until it can', async () => {
  let unreadable = true;
  const shut: CheckpointSink = { ...sink, async read(tenant, page) { if (unreadable) throw new LastmileError('LM_SINK_UNAVAILABLE', 'No right to read.'); return sink.read(tenant, page); } };
  const checkpointing = start({ sinks: { shut } });
  await append(1, 2);
  await checkpointing.look(true);
  expect(checkpointing.problems()).toEqual([expect.stringMatching(/cannot be read.*nothing new is signed/)]);
  unreadable = false;
  await checkpointing.look(true);
  expect(checkpointing.problems()).toEqual([]);
  expect(await kept(checkpointing)).toEqual([2]);
});

test('a store that is away is no failure of the process', async () => {
  const checkpointing = start({ audit: { ...audit, async heads() { throw new LastmileError('LM_STORE_UNAVAILABLE', 'Away.'); } } });
  await expect(checkpointing.look(true)).resolves.toBeUndefined();
});
