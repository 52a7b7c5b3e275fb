import { BlockList, isIPv4 } from 'node:net';

/** Ranges of the special-purpose registries of IANA (IPv4 RFC 6890, IPv6 RFC 8190), and the metadata services of clouds. */

type Family = 'ipv4' | 'ipv6';

function ranges(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList();
  const add = (network: string, family: Family): void => { const [address = '', bits = ''] = network.split('/'); list.addSubnet(address, Number(bits), family); };
  for (const network of v4) add(network, 'ipv4');
  for (const network of v6) add(network, 'ipv6');
  return list;
}

export const LOOPBACK = ranges(['127.0.0.0/8'], ['::1/128']);
/**
 * Nobody is sent there: this network, link-local with the metadata of AWS, Azure, Google and others in it, multicast, reserved; Alibaba's,
 * Azure's and Oracle's own; IPv6 forms that carry an IPv4 address which the rules would not see.
 */
export const NEVER = ranges(
  ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32'],
  ['::/96', '64:ff9b:1::/48', '100::/64', '2001::/32', '2002::/16', 'fe80::/10', 'fec0::/10', 'ff00::/8', 'fd00:ec2::/32', 'fd20:ce::254/128'],
);
const NOT_PUBLIC_V4 = ranges(['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'], []);
const GLOBAL_V6 = ranges([], ['2000::/3']);
const NOT_PUBLIC_V6 = ranges([], ['2001::/23', '2001:db8::/32', '3fff::/20']);

/** Of an address that is neither loopback nor in NEVER. */
export function isPublic(address: string, family: Family): boolean {
  return family === 'ipv4' ? !NOT_PUBLIC_V4.check(address, family) : GLOBAL_V6.check(address, family) && !NOT_PUBLIC_V6.check(address, family);
}

/** `::ffff:a.b.c.d` and NAT64 (`64:ff9b::a.b.c.d`) are the IPv4 address that they lead to, however they are written. */
export function normalAddress(given: string): { readonly address: string; readonly family: Family } {
  if (isIPv4(given)) return { address: given, family: 'ipv4' };
  const address = (URL.parse(`http://[${given.split('%', 1)[0] ?? ''}]/`)?.hostname ?? '[::]').slice(1, -1);
  const [, high, low] = /^(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return { address, family: 'ipv6' };
  const bytes = [high, low].flatMap((part) => { const value = Number.parseInt(part, 16); return [value >> 8, value & 0xff]; });
  return { address: bytes.join('.'), family: 'ipv4' };
}
