import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { dataConverter, encryption } from '../../../adapters/orchestrator/_shared/data-converter.ts';
import { Secret } from '../../../config/schema.ts';

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

test('a key of another length is refused with the way to make one', () => {
  expect(() => encryption(new Secret(randomBytes(33).toString('base64')))).toThrow(/openssl/);
});
