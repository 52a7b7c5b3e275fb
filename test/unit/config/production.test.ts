import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, type Config } from '../../../config/load.ts';
import { productionProblems, refuseWeakStart, type ProcessKind } from '../../../config/production.ts';

/** A folder with good secrets in files, and the environment that names them. */
function goodEnvironment(): { folder: string; env: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'production-'));
  const file = (name: string, text: string): string => { writeFileSync(join(folder, name), `${text}\n`, { mode: 0o400 }); return join(folder, name); };
  const { privateKey } = generateKeyPairSync('ed25519');
  return { folder, env: {
    LASTMILE_ENVIRONMENT: 'production', LASTMILE_DATA_DIR: folder,
    LASTMILE_SERVICE_TOKEN_FILE: file('token', randomBytes(32).toString('base64url')), LASTMILE_PAYLOAD_KEY_FILE: file('payload', randomBytes(32).toString('base64')),
    LASTMILE_SIGNING_KEY_FILE: file('routes.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
  } };
}
const loaded = (env: Record<string, string>): Config => load(env, '/');
const NAMES: readonly ProcessKind[] = ['api', 'worker', 'collector', 'gateway', 'modelhost'];

test('good secrets in files: every process may start', () => {
  const config = loaded(goodEnvironment().env);
  for (const name of NAMES) expect({ name, problems: productionProblems(name, config) }).toEqual({ name, problems: [] });
});

test('random tokens of every usual form are taken', () => {
  const { env } = goodEnvironment();
  delete env.LASTMILE_SERVICE_TOKEN_FILE;
  for (let round = 0; round < 200; round += 1) {
    for (const token of [randomBytes(16).toString('hex'), randomBytes(32).toString('hex'), randomBytes(24).toString('base64url'), randomBytes(48).toString('base64')]) {
      expect({ token, problems: productionProblems('gateway', loaded({ ...env, LASTMILE_SERVICE_TOKEN: token })) }).toEqual({ token, problems: [] });
    }
  }
});

test('a random token that happens to have few characters is taken', () => {
  const { env } = goodEnvironment();
  delete env.LASTMILE_SERVICE_TOKEN_FILE;
  expect(productionProblems('gateway', loaded({ ...env, LASTMILE_SERVICE_TOKEN: 'b0a092723a9a8775935358a885a523b0' }))).toEqual([]);
});

test.each(['a'.repeat(40), 'change-me-'.repeat(4), '0123456789'.repeat(4), 'this-is-the-service-token-of-production', 'Password1234567890qwertzuiopasdfghjkl'])('the token %s can be guessed', (token) => {
  const { env } = goodEnvironment();
  delete env.LASTMILE_SERVICE_TOKEN_FILE;
  expect(productionProblems('collector', loaded({ ...env, LASTMILE_SERVICE_TOKEN: token }))).toEqual([expect.stringContaining('LASTMILE_SERVICE_TOKEN can be guessed')]);
});

test('everything that is wrong is told at once, in one error', () => {
  const folder = mkdtempSync(join(tmpdir(), 'production-'));
  mkdirSync(join(folder, 'keys'));
  writeFileSync(join(folder, 'keys', 'dev-api-key'), 'lm_x');
  const config = loaded({ LASTMILE_ENVIRONMENT: 'production', LASTMILE_DATA_DIR: folder, LASTMILE_API_HOST: '0.0.0.0' });
  expect(() => { refuseWeakStart('api', config); }).toThrow(expect.objectContaining({ code: 'LM_INVALID_CONFIG', details: { problems: [
    expect.stringContaining('LASTMILE_SERVICE_TOKEN is not set'), expect.stringContaining('signing key'), expect.stringContaining('development API key'),
    expect.stringContaining('LASTMILE_PAYLOAD_KEY is not set'), expect.stringContaining('LASTMILE_API_HOST is 0.0.0.0'),
  ] } }));
});

test('the token that npm start made, a key that others can read, a payload key of zeros', () => {
  const { folder, env } = goodEnvironment();
  const config = loaded(env);
  mkdirSync(join(folder, 'keys'));
  writeFileSync(join(folder, 'keys', 'service-token'), config.serviceToken!.reveal());
  chmodSync(config.signing.keyFile, 0o444);
  delete env.LASTMILE_PAYLOAD_KEY_FILE;
  expect(productionProblems('api', loaded({ ...env, LASTMILE_PAYLOAD_KEY: Buffer.alloc(32).toString('base64') }))).toEqual([
    expect.stringContaining('npm start'), expect.stringContaining('every user of this machine'), expect.stringContaining('LASTMILE_PAYLOAD_KEY can be guessed'),
  ]);
});

test('another address than loopback needs TLS in front', () => {
  const { env } = goodEnvironment();
  const open = { ...env, LASTMILE_GATEWAY_HOST: '0.0.0.0' };
  expect(productionProblems('gateway', loaded(open))).toEqual([expect.stringContaining('LASTMILE_TLS_IN_FRONT')]);
  expect(productionProblems('gateway', loaded({ ...open, LASTMILE_TLS_IN_FRONT: 'yes' }))).toEqual([]);
});

test('development starts with anything; NODE_ENV=production is production unless lastmile is told otherwise', () => {
  expect(() => { refuseWeakStart('api', loaded({ LASTMILE_DATA_DIR: '/nowhere' })); }).not.toThrow();
  expect(() => { refuseWeakStart('api', loaded({ LASTMILE_DATA_DIR: '/nowhere', NODE_ENV: 'production' })); }).toThrow(/does not start like this/);
  expect(() => { refuseWeakStart('api', loaded({ LASTMILE_DATA_DIR: '/nowhere', NODE_ENV: 'production', LASTMILE_ENVIRONMENT: 'development' })); }).not.toThrow();
});

test.each([
  ['gateway', 'LASTMILE_GATEWAY_HOST'], ['gateway', 'LASTMILE_GATEWAY_ADMIN_HOST'], ['collector', 'LASTMILE_COLLECTOR_HOST'], ['modelhost', 'LASTMILE_MODELHOST_HOST'], ['api', 'LASTMILE_API_HOST'],
] as const)('%s: %s on a network needs TLS in front', (name, variable) => {
  const { env } = goodEnvironment();
  expect(productionProblems(name, loaded({ ...env, [variable]: '10.0.0.1' }))).toEqual([expect.stringContaining(`${variable} is 10.0.0.1`)]);
  expect(productionProblems(name, loaded({ ...env, [variable]: '10.0.0.1', LASTMILE_TLS_IN_FRONT: 'yes' }))).toEqual([]);
});

test.each<[string, boolean]>([
  ['mongodb://mongo:27017/?replicaSet=rs0', false], ['mongodb+srv://cluster.example.com/', false], ['mongodb://127.0.0.1:27017,mongo:27017/', false], ['mongodb://10.0.0.1/', false],
  ['mongodb://u:p@mongo:27017/', true], ['mongodb://127.0.0.1:27017/', true], ['mongodb://[::1]:27017/', true], ['mongodb://mongo/?authMechanism=MONGODB-X509&tls=true', true],
])('the database %s may do: %s', (uri, good) => {
  const { env } = goodEnvironment();
  for (const name of ['api', 'worker', 'collector'] as const) expect(productionProblems(name, loaded({ ...env, MONGODB_URI: uri }))).toEqual(good ? [] : [expect.stringContaining('MONGODB_URI names no user')]);
});
