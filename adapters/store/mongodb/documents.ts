import { LastmileError } from '../../../domain/errors.ts';
import type { TenantId } from '../../../domain/ids.ts';

/** The form that documents are written in. A change of form adds one and a line to UPCASTS. */
export const SCHEMA_VERSION = 1;

/** The tenant of documents that belong to the installation, not to a tenant; no tenant can have this name. */
export const NO_TENANT: TenantId = '*';

/** What the store itself needs to know of a document; never handed out. */
export interface StoreFields {
  /** Deployments: the name is in use by this generation. */
  readonly live?: boolean;
  /** Outbox: the relay has delivered it. */
  readonly delivered?: boolean;
  /** Drift windows: people have not been told yet. */
  readonly toTell?: boolean;
  /** Legs: another inference came first under the client's id. */
  readonly duplicate?: boolean;
  /** Removed by MongoDB after this time. */
  readonly expireAt?: Date;
  /** Drop counts: the newest batches that are in the count. */
  readonly seqs?: readonly number[];
}

/** A value as stored (decision D8): string id, tenant, form. */
export type Stored<T> = T & { readonly _id: string; readonly tenantId: TenantId; readonly schemaVersion: number; readonly store?: StoreFields };

type Loose = Readonly<Record<string, unknown>>;
/** From the form of the key to the next one. */
export type Upcasts = Readonly<Record<number, (document: Loose) => Loose>>;
const UPCASTS: Upcasts = {};

/** Stamps a value. Ids are built of the parts of the key; parts that callers choose freely must come last or be encoded. */
export function toDocument<T extends object>(id: string, tenantId: TenantId, value: T, store?: StoreFields): Stored<T> {
  return { ...value, _id: id, tenantId, schemaVersion: SCHEMA_VERSION, ...(store === undefined ? {} : { store }) };
}

/** The value in today's form, without the stamps. LM_INVARIANT for a document of a newer lastmile. */
export function fromDocument<T>(document: Stored<T>): T {
  const value: Record<string, unknown> = { ...upcast(document) };
  for (const stamp of ['_id', 'schemaVersion', 'store']) Reflect.deleteProperty(value, stamp);
  return value as T;
}

/** For replacements, whose _id is in the filter. */
export function withoutId<T>(document: Stored<T>): Omit<Stored<T>, '_id'> {
  const rest: Record<string, unknown> = { ...document };
  Reflect.deleteProperty(rest, '_id');
  return rest as Omit<Stored<T>, '_id'>;
}

/** Applies the steps between the document's form and today's; the one place where old forms are known. */
export function upcast(document: { readonly _id: string; readonly schemaVersion: number }, steps: Upcasts = UPCASTS, target: number = SCHEMA_VERSION): Loose {
  if (document.schemaVersion > target) {
    throw new LastmileError('LM_INVARIANT', `Document ${document._id} has form ${document.schemaVersion}, this lastmile knows up to ${target}; run a version at least as new as the one that wrote it.`);
  }
  let current: Loose = { ...document };
  for (let version = document.schemaVersion; version < target; version += 1) {
    const step = steps[version];
    if (step === undefined) throw new LastmileError('LM_INVARIANT', `No step leads from form ${version} to ${version + 1} of document ${document._id}.`);
    current = { ...step(current), schemaVersion: version + 1 };
  }
  return current;
}
