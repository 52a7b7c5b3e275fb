import { randomBytes } from 'node:crypto';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError, encodeErrorToFailure, loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { dataConverter, encryption } from '../../../adapters/orchestrator/_shared/data-converter.ts';
import { Secret } from '../../../config/schema.ts';
import { readable } from '../../support/readable.ts';

const key = (): Secret => new Secret(randomBytes(32).toString('base64'));
const payload = defaultPayloadConverter.toPayload({ model: 'filesystem:churn@7' });

test('without a key payloads are as they are; with one there is one codec', () => {
  expect(dataConverter(null)).toEqual({});
  expect(dataConverter(key()).payloadCodecs).toHaveLength(1);
});

test('a payload comes back whole, metadata too, and nothing of it is readable in between', async () => {
  const codec = encryption(key());
  const [sealed] = await codec.encode([payload]);
  expect(Buffer.from(sealed!.data!).toString('latin1')).not.toContain('churn');
  expect(Object.keys(sealed!.metadata!).sort()).toEqual(['encoding', 'encryption-key-id']);
  const [opened] = await codec.decode([sealed!]);
  expect(defaultPayloadConverter.fromPayload(opened!)).toEqual({ model: 'filesystem:churn@7' });
  expect(Object.keys(opened!.metadata!)).toEqual(Object.keys(payload.metadata!));
});

test('the same payload is never sealed to the same bytes', async () => {
  const codec = encryption(key());
  const [[a], [b]] = [await codec.encode([payload]), await codec.encode([payload])];
  expect(Buffer.compare(a!.data!, b!.data!)).not.toBe(0);
});

test('changed bytes and other keys are refused; payloads from before the key pass', async () => {
  const codec = encryption(key());
  const [sealed] = await codec.encode([payload]);
  const broken = Buffer.from(sealed!.data!);
  broken[20]! ^= 1;
  await expect(codec.decode([{ ...sealed!, data: broken }])).rejects.toThrow();
  await expect(encryption(key()).decode([sealed!])).rejects.toMatchObject({ code: 'LM_INVALID_CONFIG' });
  expect(await codec.decode([payload])).toEqual([payload]);
});

test('what a failure says, its stack and its causes cannot be read in between, and come back whole; type and kind stay in view', async () => {
  const converter = loadDataConverter(dataConverter(key()));
  const cause = ApplicationFailure.create({ type: 'LM_MODEL_NOT_FOUND', nonRetryable: true, message: 'unmistakable cause', details: [{ known: 'unmistakable detail' }] });
  const failure = ApplicationFailure.create({ type: 'LM_VALIDATION_FAILED', message: 'unmistakable text', cause });
  failure.stack = 'Error: unmistakable text\n    at unmistakablePlace (/x.ts:1:1)';
  const sent = await encodeErrorToFailure(converter, failure, undefined);
  expect(readable(sent)).not.toContain('unmistakable');
  expect(readable(sent)).toContain('LM_VALIDATION_FAILED');
  const read = await decodeOptionalFailureToOptionalError(converter, sent, undefined);
  expect(read).toMatchObject({ type: 'LM_VALIDATION_FAILED', message: 'unmistakable text', cause: { type: 'LM_MODEL_NOT_FOUND', message: 'unmistakable cause', nonRetryable: true, details: [{ known: 'unmistakable detail' }] } });
  expect(read?.stack).toContain('unmistakablePlace');
});

test('failures of before the key are read as they are', async () => {
  const sent = await encodeErrorToFailure(loadDataConverter(dataConverter(null)), ApplicationFailure.create({ type: 'LM_BUSY', message: 'from before' }), undefined);
  expect(readable(sent)).toContain('from before');
  expect(await decodeOptionalFailureToOptionalError(loadDataConverter(dataConverter(key())), sent, undefined)).toMatchObject({ type: 'LM_BUSY', message: 'from before' });
});

test('a key of another length is refused with the way to make one', () => {
  expect(() => encryption(new Secret(randomBytes(33).toString('base64')))).toThrow(/openssl/);
});

test('while the key is rotated payloads and failures of both keys are read, new ones are of the new key, and in the end the old key is not needed', async () => {
  const [old, next] = [key(), key()];
  const failureOf = (converter: ReturnType<typeof dataConverter>, message: string) => encodeErrorToFailure(loadDataConverter(converter), ApplicationFailure.create({ type: 'LM_BUSY', message }), undefined);
  const [[sealedByOld], failureByOld] = [await encryption(old).encode([payload]), await failureOf(dataConverter(old), 'said under the old key')];
  // First every process learns the new key and goes on with the old one, then the other way round: at no moment is there a payload that some process cannot read.
  for (const [current, other] of [[old, next], [next, old]] as const) {
    const codec = encryption(current, [other]);
    for (const writer of [encryption(old), encryption(old, [next]), encryption(next, [old])]) expect(defaultPayloadConverter.fromPayload((await codec.decode(await writer.encode([payload])))[0]!)).toEqual({ model: 'filesystem:churn@7' });
    expect(await decodeOptionalFailureToOptionalError(loadDataConverter(dataConverter(current, [other])), failureByOld, undefined)).toMatchObject({ message: 'said under the old key' });
  }
  const [[sealedByNext], failureByNext] = [await encryption(next, [old]).encode([payload]), await failureOf(dataConverter(next, [old]), 'said under the new key')];
  expect(defaultPayloadConverter.fromPayload((await encryption(next).decode([sealedByNext!]))[0]!)).toEqual({ model: 'filesystem:churn@7' });
  expect(await decodeOptionalFailureToOptionalError(loadDataConverter(dataConverter(next)), failureByNext, undefined)).toMatchObject({ message: 'said under the new key' });
  await expect(encryption(next).decode([sealedByOld!])).rejects.toMatchObject({ code: 'LM_INVALID_CONFIG' });
  // The key id in the metadata is not trusted for more than the choice of the key.
  await expect(encryption(next, [old]).decode([{ ...sealedByOld!, metadata: { ...sealedByOld!.metadata!, 'encryption-key-id': sealedByNext!.metadata!['encryption-key-id']! } }])).rejects.toThrow();
});
