import type { Actor } from '../domain/audit.ts';
import type { Freeze } from '../domain/freeze.ts';
import type { FreezeId, TenantId } from '../domain/ids.ts';

/** Freezes; kept for good, lifted ones too. */
export interface FreezeStore {
  /** Insert-once by (tenant, freezeId): a repeat returns the stored one. */
  put(freeze: Freeze): Promise<Freeze>;
  /** The freeze as lifted; one that was lifted before keeps when and by whom. null where there is none. */
  lift(tenant: TenantId, freezeId: FreezeId, by: { readonly actor: Actor; readonly atMs: number }): Promise<Freeze | null>;
  /** Newest first. */
  list(tenant: TenantId, limit: number): Promise<readonly Freeze[]>;
  /** Those neither lifted nor over at `atMs`, oldest first; weekly ones whether they hold at that instant or not, and those that begin later. */
  active(tenant: TenantId, atMs: number): Promise<readonly Freeze[]>;
}
