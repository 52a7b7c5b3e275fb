import { randomBytes } from 'node:crypto';
import { load } from '../../../config/load.ts';
import { productionProblems } from '../../../config/production.ts';
import { isServiceToken } from '../../../config/service-token.ts';
import { ensureSecrets } from '../../../scripts/supervisor/data-dir.ts';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const token = (): string => randomBytes(32).toString('base64url');
const payloadKey = (): string => randomBytes(32).toString('base64');
const revealed = (secrets: readonly { reveal(): string }[]): readonly string[] => secrets.map((each) => each.reveal());

test('NEW,OLD: the first is in use, the rest is taken beside it', () => {
  const [a, b, k, l] = [token(), token(), payloadKey(), payloadKey()];
  const config = load({ LASTMILE_SERVICE_TOKEN: `${a},${b}`, LASTMILE_PAYLOAD_KEY: ` ${k} , ${l} `, LASTMILE_NOTIFY_WEBHOOK_SECRET: `${a},${b}` }, '/');
  expect([config.serviceToken!.reveal(), revealed(config.otherServiceTokens)]).toEqual([a, [b]]);
  expect([config.payloadKey!.reveal(), revealed(config.otherPayloadKeys)]).toEqual([k, [l]]);
  expect([config.notify.secret!.reveal(), revealed(config.notify.otherSecrets)]).toEqual([a, [b]]);
  expect(JSON.stringify(config)).not.toContain(b);
  const alone = load({ LASTMILE_SERVICE_TOKEN: a }, '/');
  expect([alone.serviceToken!.reveal(), alone.otherServiceTokens, alone.payloadKey, alone.otherPayloadKeys]).toEqual([a, [], null, []]);
});

test.each([['a short one behind the comma', `${token()},short`], ['nothing behind it', `${token()},`], ['four', Array.from({ length: 4 }, token).join(',')]])('%s is refused', (_what, value) => {
  expect(() => load({ LASTMILE_SERVICE_TOKEN: value }, '/')).toThrow(expect.objectContaining({ code: 'LM_INVALID_CONFIG' }));
});

test('the supervisor hands the whole list on', () => {
  const list = `${token()},${token()}`;
  expect(ensureSecrets(load({ LASTMILE_DATA_DIR: mkdtempSync(join(tmpdir(), 'rotation-')), LASTMILE_SERVICE_TOKEN: list }, '/'))).toBe(list);
});

test('in production each secret of a list must be a good one, and notices are signed', () => {
  const env = { LASTMILE_ENVIRONMENT: 'production', LASTMILE_SERVICE_TOKEN: token(), LASTMILE_PAYLOAD_KEY: payloadKey() };
  const problems = (more: Record<string, string>): readonly string[] => productionProblems('worker', load({ ...env, ...more }, '/'));
  expect(problems({})).toEqual([]);
  expect(problems({ LASTMILE_SERVICE_TOKEN: `${token()},${'change-me-'.repeat(4)}` })).toEqual([expect.stringContaining('LASTMILE_SERVICE_TOKEN can be guessed')]);
  expect(problems({ LASTMILE_PAYLOAD_KEY: `${payloadKey()},${Buffer.alloc(32).toString('base64')}` })).toEqual([expect.stringContaining('LASTMILE_PAYLOAD_KEY can be guessed')]);
  const hook = { LASTMILE_NOTIFY: 'webhook', LASTMILE_NOTIFY_WEBHOOK_URL: 'https://hooks.example.com/' };
  expect(problems(hook)).toEqual([expect.stringContaining('LASTMILE_NOTIFY_WEBHOOK_SECRET is not set')]);
  expect(problems({ ...hook, LASTMILE_NOTIFY_WEBHOOK_SECRET: 'x'.repeat(40) })).toEqual([expect.stringContaining('LASTMILE_NOTIFY_WEBHOOK_SECRET can be guessed')]);
  expect(problems({ ...hook, LASTMILE_NOTIFY_WEBHOOK_SECRET: token() })).toEqual([]);
  const checkpoints = { LASTMILE_AUDIT_CHECKPOINTS: 'webhook', LASTMILE_AUDIT_WEBHOOK_URL: 'https://auditor.example.com/' };
  const ofApi = productionProblems('api', load({ ...env, ...checkpoints }, '/'));
  expect(ofApi).toContainEqual(expect.stringContaining('LASTMILE_AUDIT_WEBHOOK_SECRET is not set'));
});

test('only a whole token of the list is one', () => {
  const [a, b] = [token(), token()];
  for (const given of [a, b]) expect(isServiceToken(given, [a, b])).toBe(true);
  for (const given of [null, '', a.slice(1), `${a}x`, `${a},${b}`, a.toUpperCase()]) expect(isServiceToken(given, [a, b])).toBe(false);
  for (const given of [null, '', a]) expect(isServiceToken(given, [])).toBe(false);
  expect(isServiceToken('', [''])).toBe(false);
});
