import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { LastmileError } from '../domain/errors.ts';
import { isPublic, LOOPBACK, NEVER, normalAddress } from './address-ranges.ts';

/**
 * Where our processes may be sent by what others wrote (reliability and security A4). A webhook goes to public https, a model server
 * or a metric source of a file to what the operator allows. The address that is connected to is the one that was judged: `lookup` is what the socket resolves with.
 */

/** `allow`: entries of LASTMILE_EGRESS_ALLOW. `own`: origins of this installation, the operator's word: judged by nobody. */
export interface EgressRules { readonly allow: readonly string[]; readonly loopback: boolean; readonly own: readonly string[] }
export type EgressKind = 'webhook' | 'target' | 'source';

export interface Egress {
  /** What the socket has to resolve the host with. LM_EGRESS_DENIED for what the URL alone shows; it says which rule and how to allow it. */
  admit(url: string): LookupFunction;
  /** Fails with LM_EGRESS_DENIED when any address of the name is denied. */
  readonly lookup: LookupFunction;
}

type Resolve = (host: string, options: { readonly all: true }, done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

/** `.example.com` is every name under it. */
const HOST = /^\.?[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*$/;
const WEBHOOK_PORTS: ReadonlySet<string> = new Set(['', '443', '8443']);

/** Entries of LASTMILE_EGRESS_ALLOW: null where one is neither a host nor an address nor a network. */
export function parseAllow(text: string): readonly string[] | null {
  const entries = text.split(',').map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
  return entries.every((entry) => networkOf(entry) !== null || HOST.test(entry) && !/^[\d.]+$/.test(entry)) ? entries : null;
}

export function createEgress(kind: EgressKind, rules: EgressRules, resolve: Resolve = resolveName): Egress {
  const allowed = new BlockList();
  const names: string[] = [];
  for (const entry of rules.allow) {
    const network = networkOf(entry);
    if (network === null) names.push(entry); else allowed.addSubnet(network.address, network.bits, network.family);
  }
  const isNamed = (host: string): boolean => names.some((name) => name.startsWith('.') ? host.endsWith(name) : host === name);
  /** Why not, or null. */
  const judge = (host: string, given: string): string | null => {
    const { address, family } = normalAddress(given);
    if (LOOPBACK.check(address, family)) return rules.loopback || allowed.check(address, family) ? null : 'loopback, which only development may reach';
    if (NEVER.check(address, family)) return 'link-local, a cloud metadata service, or no unicast address; no rule allows it';
    if (allowed.check(address, family) || isNamed(host)) return null;
    if (kind === 'webhook') return isPublic(address, family) ? null : 'not public; name the host or its network in LASTMILE_EGRESS_ALLOW';
    return `not among the ${kind === 'target' ? 'model servers' : 'metric sources'} that the operator allows (LASTMILE_EGRESS_ALLOW)`;
  };
  const lookup: LookupFunction = (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) { done(error, []); return; }
      for (const { address } of found) {
        const why = judge(hostOf(host), address);
        if (why !== null) { done(denied(kind, host, `${address} is ${why}`), []); return; }
      }
      const [first] = found;
      if (options.all === true || first === undefined) done(null, found); else done(null, first.address, first.family);
    });
  };
  return {
    lookup,
    admit(text) {
      const url = parsed(kind, text);
      if (rules.own.includes(url.origin)) return resolveName;
      const host = hostOf(url.hostname);
      const why = isIP(host) === 0 ? null : judge(host, host);
      if (why !== null) throw denied(kind, host, `it is ${why}`);
      if (kind === 'webhook' && !isPlainWebhook(url) && !isNamed(host) && !isSpecial(host, allowed)) throw denied(kind, host, 'a webhook goes to https on port 443 or 8443, unless LASTMILE_EGRESS_ALLOW names its host');
      return lookup;
    },
  };
}

function isPlainWebhook({ protocol, port }: URL): boolean { return protocol === 'https:' && WEBHOOK_PORTS.has(port); }

/** This machine, or an address that is allowed by its network; `judge` has let it through, or will by what the name leads to. */
function isSpecial(host: string, allowed: BlockList): boolean {
  if (isIP(host) === 0) return host === 'localhost' || host.endsWith('.localhost');
  const { address, family } = normalAddress(host);
  return LOOPBACK.check(address, family) || allowed.check(address, family);
}

function parsed(kind: EgressKind, text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw denied(kind, text.slice(0, 100), 'it is no URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw denied(kind, url.hostname, `${url.protocol} is not http or https`);
  if (url.username !== '' || url.password !== '') throw denied(kind, url.hostname, 'the URL carries credentials');
  return url;
}

/** Without brackets and the last dot. */
function hostOf(hostname: string): string { return hostname.toLowerCase().replace(/^\[|\]$/g, '').replace(/\.$/, ''); }

function networkOf(entry: string): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } | null {
  const [given = '', bits, ...rest] = entry.split('/');
  const version = isIP(given);
  if (version === 0 || rest.length > 0 || bits !== undefined && !/^\d{1,3}$/.test(bits)) return null;
  const most = version === 4 ? 32 : 128;
  const wanted = bits === undefined ? most : Number(bits);
  return wanted > most ? null : { address: given, bits: wanted, family: version === 4 ? 'ipv4' : 'ipv6' };
}

const WHAT: Readonly<Record<EgressKind, string>> = { webhook: 'The webhook', target: 'The model server', source: 'The metric source' };
function denied(kind: EgressKind, host: string, why: string): LastmileError { return new LastmileError('LM_EGRESS_DENIED', `${WHAT[kind]} ${host} is not called: ${why}.`, { details: { kind, host } }); }
