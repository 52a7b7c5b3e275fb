import type { TenantId } from '../domain/ids.ts';

export const SCOPES = ['read', 'deploy', 'operate', 'approve', 'label', 'infer', 'debug', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** An API key as stored: the hash of 256 random bits, shown once and never kept. */
export interface ApiKey {
  readonly id: string;
  /** SHA-256 of the key, hexadecimal. */
  readonly hash: string;
  readonly prefix: string;
  readonly tenantId: TenantId;
  readonly actor: { readonly kind: 'person' | 'service'; readonly name: string };
  readonly scopes: readonly Scope[];
  /** What its holder is to the policies of approval; none in keys of before there were roles. */
  readonly roles: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** The answer once given to an Idempotency-Key. */
export interface StoredAnswer { readonly fingerprint: string; readonly status: number; readonly body: string; readonly atMs: number }

/** Who may call, and what they were answered. */
export interface KeyStore {
  put(key: ApiKey): Promise<void>;
  byHash(hash: string): Promise<ApiKey | null>;
  list(tenant: TenantId): Promise<readonly ApiKey[]>;
  /** Every live key that may infer, for the gateways' table. */
  callers(): Promise<readonly ApiKey[]>;
  revoke(tenant: TenantId, id: string, atMs: number): Promise<boolean>;
  /** Reserves (tenant, key): null when it is ours now; the stored answer, or 'running', when it was taken. */
  reserve(tenant: TenantId, key: string, fingerprint: string, atMs: number): Promise<StoredAnswer | { readonly running: true; readonly fingerprint: string } | null>;
  answer(tenant: TenantId, key: string, answer: StoredAnswer): Promise<void>;
  /** Gives a reservation back when the call failed in a way that may be tried again. */
  release(tenant: TenantId, key: string): Promise<void>;
}
