import fc from 'fast-check';
import { createEgress, parseAllow, type EgressKind, type EgressRules } from '../../../config/egress.ts';
import { isPublic, normalAddress } from '../../../config/address-ranges.ts';

const rules = (of: Partial<EgressRules> = {}): EgressRules => ({ allow: [], loopback: false, own: [], ...of });
const urlOf = (address: string): string => `https://${address.includes(':') ? `[${address}]` : address}/hook`;
const isAdmitted = (kind: EgressKind, of: EgressRules, url: string): boolean => {
  try { createEgress(kind, of).admit(url); return true; } catch (error) {
    expect(error).toMatchObject({ code: 'LM_EGRESS_DENIED', retryable: false });
    return false;
  }
};

/** Metadata services and what leads to them, by any spelling; no rule of an operator opens them. */
const NEVER = [
  '169.254.169.254', '169.254.170.2', '169.254.0.1', '0.0.0.0', '0.1.2.3', '100.100.100.200', '168.63.129.16', '192.0.0.192', '224.0.0.1', '239.255.255.255', '255.255.255.255', '240.0.0.1',
  '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '::', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '0:0:0:0:0:ffff:a9fe:a9fe', '::169.254.169.254', '64:ff9b::169.254.169.254', '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::1', '2001:0:4136:e378::1', 'fe80::1', 'febf::1', 'fec0::1', 'ff02::1', 'fd00:ec2::254', 'fd20:ce::254', '100::1',
];
const LOOPBACK = ['127.0.0.1', '127.255.255.254', '127.1', '0x7f.1', '2130706433', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:ffff:7f00:1'];
const PRIVATE = ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.7', '203.0.113.7', '::ffff:10.0.0.1', '64:ff9b::10.0.0.1', 'fd12::1', 'fc00::1', '2001:db8::1', '2001:2::1'];
const PUBLIC = ['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.1', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '169.253.255.255', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'];

test.each(NEVER)('%s is called by nobody, whatever the rules', (address) => {
  const everything = rules({ allow: ['0.0.0.0/0', '::/0'], loopback: true });
  for (const kind of ['webhook', 'target'] as const) expect(isAdmitted(kind, everything, urlOf(address))).toBe(false);
});

test.each(LOOPBACK)('%s: in development alone, or where its network is named', (address) => {
  for (const kind of ['webhook', 'target'] as const) {
    expect(isAdmitted(kind, rules(), urlOf(address))).toBe(false);
    expect(isAdmitted(kind, rules({ loopback: true }), urlOf(address))).toBe(true);
    expect(isAdmitted(kind, rules({ allow: ['127.0.0.0/8', '::1'] }), urlOf(address))).toBe(true);
    expect(isAdmitted(kind, rules({ allow: ['10.0.0.0/8'] }), urlOf(address))).toBe(false);
  }
});

test.each(PRIVATE)('%s: only by the operator\'s word', (address) => {
  for (const kind of ['webhook', 'target'] as const) {
    expect(isAdmitted(kind, rules({ loopback: true }), urlOf(address))).toBe(false);
    expect(isAdmitted(kind, rules({ allow: ['0.0.0.0/0', '::/0'] }), urlOf(address))).toBe(true);
  }
});

test.each(PUBLIC)('%s: a webhook may, a model server needs the operator\'s word', (address) => {
  expect([isAdmitted('webhook', rules(), urlOf(address)), isAdmitted('target', rules(), urlOf(address))]).toEqual([true, false]);
  expect(isAdmitted('target', rules({ allow: [normalAddress(address).address] }), urlOf(address))).toBe(true);
});

test.each([
  'http://example.com/', 'https://example.com:25/', 'https://example.com:6379/', 'ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/', 'https://user:word@example.com/', 'https://user@example.com/', 'javascript:1', 'no url', '',
])('%s is no address of a webhook', (url) => { expect(isAdmitted('webhook', rules({ loopback: true }), url)).toBe(false); });

test('what a host or a suffix in the list opens, and what not', () => {
  const of = rules({ allow: parseAllow('hooks.internal, .models.example.com')! });
  for (const url of ['http://hooks.internal:8080/x', 'https://HOOKS.internal./x']) expect(isAdmitted('webhook', of, url)).toBe(true);
  for (const url of ['http://hooks.internal.evil.test/', 'http://xhooks.internal/', 'http://user:word@hooks.internal/']) expect(isAdmitted('webhook', of, url)).toBe(false);
});

interface Resolved { readonly error: Error | null; readonly address: unknown }
const resolved = (kind: EgressKind, of: EgressRules, host: string, addresses: readonly string[]): Promise<Resolved> => new Promise((resolve) => {
  const all = addresses.length > 1;
  const egress = createEgress(kind, of, (_host, _options, done) => { done(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))); });
  egress.lookup(host, { all }, (error, address) => { resolve({ error, address }); });
});

test('a name is judged by the addresses that it resolves to: all of them, in both families', async () => {
  expect(await resolved('webhook', rules(), 'hooks.example.com', ['8.8.8.8'])).toEqual({ error: null, address: '8.8.8.8' });
  expect(await resolved('webhook', rules(), 'hooks.example.com', ['8.8.8.8', '2606:4700::1111'])).toMatchObject({ error: null, address: [{ address: '8.8.8.8' }, { address: '2606:4700::1111' }] });
  for (const bad of [...NEVER.filter((each) => !/^0x|^\d+$|^0251/.test(each)), ...PRIVATE, '127.0.0.1', '::1']) {
    for (const addresses of [[bad], ['8.8.8.8', bad]]) expect((await resolved('webhook', rules(), 'hooks.example.com', addresses)).error).toMatchObject({ code: 'LM_EGRESS_DENIED' });
  }
  const named = rules({ allow: ['mlserver'] });
  expect((await resolved('target', named, 'mlserver', ['10.1.2.3'])).error).toBeNull();
  expect((await resolved('target', named, 'other', ['10.1.2.3'])).error).toMatchObject({ code: 'LM_EGRESS_DENIED' });
  // A name that the operator allows still does not lead to the metadata service, nor to this machine.
  for (const address of ['169.254.169.254', '127.0.0.1']) expect((await resolved('target', named, 'mlserver', [address])).error).toMatchObject({ code: 'LM_EGRESS_DENIED' });
});

test('addresses of this installation are the operator\'s word at their port alone', () => {
  const of = rules({ own: ['http://10.0.0.9:7303'] });
  expect([isAdmitted('target', of, 'http://10.0.0.9:7303/v2'), isAdmitted('target', of, 'http://10.0.0.9:7300/'), isAdmitted('target', of, 'https://10.0.0.9:7303/')]).toEqual([true, false, false]);
});

test('the list takes hosts, addresses and networks, and nothing else', () => {
  expect(parseAllow(' MLserver, 10.0.0.0/8,::1 ,.example.com')).toEqual(['mlserver', '10.0.0.0/8', '::1', '.example.com']);
  expect(parseAllow('')).toEqual([]);
  for (const wrong of ['10.0.0.0/33', '10.0.0/8', '300.1.1.1', 'http://x', 'a b', '*', '::/129', '10.0.0.0/8/8', 'x/8', '1.2.3']) expect([wrong, parseAllow(wrong)]).toEqual([wrong, null]);
});

test('an IPv4 address is judged alike however IPv6 wraps it', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(fc.property(fc.tuple(octet, octet, octet, octet), fc.constantFrom('::ffff:', '64:ff9b::', '0:0:0:0:0:ffff:'), (bytes, wrap) => {
    const v4 = bytes.join('.');
    expect(isAdmitted('webhook', rules(), urlOf(`${wrap}${v4}`))).toBe(isAdmitted('webhook', rules(), urlOf(v4)));
    if (isAdmitted('webhook', rules(), urlOf(v4))) expect(isPublic(v4, 'ipv4')).toBe(true);
  }), { numRuns: 500, seed: 20261125 });
});
