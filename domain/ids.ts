import { idTail } from './digest.ts';

export type TenantId = string;
/** `dep_…`: one generation of a deployment; delete and re-create is a new one. */
export type DeploymentUid = string;
/** `var_` and 32 hexadecimal digits: one digest on one backend with one runtime configuration. */
export type VariantId = string;
/** `inf_…`: made by the gateway for each answered request. */
export type InferenceId = string;
/** `<deployment uid>/<n>`: the n-th attempt to make a challenger champion. */
export type RolloutId = string;
/** `kil_…`: one order to take something off, and its proof. */
export type KillId = string;
/** `frz_…`: one freeze. */
export type FreezeId = string;

export const DEFAULT_TENANT: TenantId = 'default';

/** Names of deployments, models and tenants. */
export const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const ID_PREFIXES = ['dep', 'inf', 'gw', 'key', 'out', 'cmd', 'req', 'aud', 'kil', 'frz', 'bgt'] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

/** `inf_` + UUIDv7 text without dashes; the uuid comes from the edge, which owns clock and randomness. */
export function prefixedId(prefix: IdPrefix, uuid: string): string { return `${prefix}_${uuid.replaceAll('-', '')}`; }

/** Decision D1: what traffic, records, kills and verdicts name. */
export function variantId(of: { tenant: TenantId; deploymentUid: DeploymentUid; artifactDigest: string; backend: string; runtime: Readonly<Record<string, string | number | boolean>> }): VariantId {
  return `var_${idTail({ ...of, runtime: { ...of.runtime } })}`;
}

export function rolloutId(uid: DeploymentUid, n: number): RolloutId { return `${uid}/${String(n)}`; }

export function parseRolloutId(id: RolloutId): { deploymentUid: DeploymentUid; n: number } {
  const slash = id.lastIndexOf('/');
  return { deploymentUid: id.slice(0, slash), n: Number(id.slice(slash + 1)) };
}
