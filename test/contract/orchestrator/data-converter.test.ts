import { randomBytes } from 'node:crypto';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError, encodeErrorToFailure, loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { dataConverter, encryption } from '../../../adapters/orchestrator/_shared/data-converter.ts';
import { Secret } from '../../../config/schema.ts';

const key = (): Secret => new Secret(randomBytes(32).toString('base64'));
/** All that a reader of the server's database sees, bytes as text. */
const readable = (value: unknown): string => JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? Buffer.from(each).toString('latin1') : each));
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
