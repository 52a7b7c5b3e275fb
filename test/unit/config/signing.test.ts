import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeyPair, loadPublicKeys, loadSigningKey, signBreakGlass, signTable, verifyBreakGlass, verifyTable } from '../../../config/signing.ts';
import type { BreakGlassClaims } from '../../../domain/kill/break-glass.ts';
import type { RouteTable } from '../../../domain/traffic/table.ts';

const table: RouteTable = { v: 1, issuedAtMs: 1, routes: [], callers: [] };
const pair = (): { keyFile: string; publicKeyFile: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'signing-'));
  const files = { keyFile: join(folder, 'k.pem'), publicKeyFile: join(folder, 'k.pub.pem') };
  ensureKeyPair(files.keyFile, files.publicKeyFile);
  return files;
};

test('a signed table verifies under its own key and under no other', () => {
  const ours = pair();
  const signed = signTable(table, loadSigningKey(ours.keyFile));
  expect(verifyTable(signed, loadPublicKeys(ours.publicKeyFile))).toEqual(table);
  expect(verifyTable(signed, loadPublicKeys(pair().publicKeyFile))).toBeNull();
  expect(verifyTable({ ...signed, table: signed.table.replace('"issuedAtMs":1', '"issuedAtMs":2') }, loadPublicKeys(ours.publicKeyFile))).toBeNull();
  expect(verifyTable({ ...signed, signature: '' }, loadPublicKeys(ours.publicKeyFile))).toBeNull();
});

test('a break-glass token verifies until it expires, under its own key, for its own use, and a table is none', () => {
  const ours = pair();
  const [key, publicKey] = [loadSigningKey(ours.keyFile), loadPublicKeys(ours.publicKeyFile)];
  const claims: BreakGlassClaims = { v: 1, id: 'bgt_1', use: 'kill', tenantId: 'default', actor: { kind: 'person', name: 'ann' }, issuedAtMs: 0, expiresAtMs: 100 };
  const token = signBreakGlass(claims, key);
  expect(token).toMatch(/^[\x21-\x7e]{1,2048}$/);
  expect(verifyBreakGlass(token, publicKey, 99)).toEqual(claims);
  expect(verifyBreakGlass(token, publicKey, 100)).toBeNull();
  expect(verifyBreakGlass(token, loadPublicKeys(pair().publicKeyFile), 0)).toBeNull();
  expect(verifyBreakGlass(signBreakGlass({ ...claims, use: 'infer' as never }, key), publicKey, 0)).toBeNull();
  expect(verifyBreakGlass(signBreakGlass({ ...claims, v: 2 as never }, key), publicKey, 0)).toBeNull();
  const { table: text, signature } = signTable(table, key);
  expect(verifyBreakGlass(['bg1', key.keyId, Buffer.from(text).toString('base64url'), Buffer.from(signature, 'base64').toString('base64url')].join('.'), publicKey, 0)).toBeNull();
});

test('a key pair is made once, readable by its owner alone', () => {
  const { keyFile, publicKeyFile } = pair();
  const before = readFileSync(keyFile, 'utf8');
  ensureKeyPair(keyFile, publicKeyFile);
  expect(readFileSync(keyFile, 'utf8')).toBe(before);
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
});

test('a missing or foreign key says how to get one', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'signing-')), 'none.pem');
  expect(() => loadSigningKey(file)).toThrow(expect.objectContaining({ code: 'LM_INVALID_CONFIG' }));
  writeFileSync(file, 'not a key');
  expect(() => loadPublicKeys(file)).toThrow(/LASTMILE_SIGNING_KEY_FILE/);
});

test('while the key is rotated a public key file holds both: what either signed is taken, and after the old one is dropped only the new', () => {
  const [old, next] = [pair(), pair()];
  const pem = (file: string): string => readFileSync(file, 'utf8');
  const file = join(mkdtempSync(join(tmpdir(), 'signing-')), 'both.pem');
  writeFileSync(file, `# the new one first\n${pem(next.publicKeyFile)}\n${pem(old.publicKeyFile)}`);
  const both = loadPublicKeys(file);
  expect(both.map(({ keyId }) => keyId)).toEqual([next, old].map(({ keyFile }) => loadSigningKey(keyFile).keyId));
  const claims: BreakGlassClaims = { v: 1, id: 'bgt_1', use: 'kill', tenantId: 'default', actor: { kind: 'person', name: 'ann' }, issuedAtMs: 0, expiresAtMs: 100 };
  for (const { keyFile } of [old, next]) {
    const key = loadSigningKey(keyFile);
    expect(verifyTable(signTable(table, key), both)).toEqual(table);
    expect(verifyBreakGlass(signBreakGlass(claims, key), both, 1)).toEqual(claims);
  }
  const [oldKey, nextKeys] = [loadSigningKey(old.keyFile), loadPublicKeys(next.publicKeyFile)];
  expect(verifyTable(signTable(table, oldKey), nextKeys)).toBeNull();
  expect(verifyBreakGlass(signBreakGlass(claims, oldKey), nextKeys, 1)).toBeNull();
  // The id of a known key does not lend its trust to another signature.
  expect(verifyTable({ ...signTable(table, oldKey), keyId: nextKeys[0]!.keyId }, nextKeys)).toBeNull();
  writeFileSync(file, `${pem(next.publicKeyFile)}-----BEGIN PUBLIC KEY-----\nbroken\n-----END PUBLIC KEY-----\n`);
  expect(() => loadPublicKeys(file)).toThrow(expect.objectContaining({ code: 'LM_INVALID_CONFIG' }));
});
