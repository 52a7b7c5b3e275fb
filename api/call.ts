import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { EgressRules } from '../config/egress.ts';
import type { Log } from '../config/log.ts';
import type { Secret } from '../config/schema.ts';
import type { SigningKey } from '../config/signing.ts';
import type { Actor, AuditEntry } from '../domain/audit.ts';
import type { TenantId } from '../domain/ids.ts';
import type { ArtifactStore } from '../ports/artifact-store.ts';
import type { Scope } from '../ports/key-store.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Orchestrator } from '../ports/orchestrator.ts';
import type { ServingBackend } from '../ports/serving-backend.ts';
import type { Stores } from '../ports/stores.ts';
import type { Checkpointing } from './checkpointing.ts';
import type { ROUTES, RouteName } from './contract.ts';

/** What the API stands on. main.ts fills it with real systems, tests with memory ones. */
export interface ApiPorts {
  readonly stores: Stores;
  readonly orchestrator: Orchestrator;
  readonly artifacts: ArtifactStore;
  /** By name: the API ends killed variants itself, with Temporal gone too. */
  readonly backends: Readonly<Record<string, ServingBackend>>;
  readonly notifier: Notifier;
  /** Signs break-glass tokens, evidence and checkpoints; the same key that signs route tables. */
  readonly signing: SigningKey;
  /** Public keys that signed before, as long as the operator keeps them in the file: what they signed can still be checked. */
  readonly formerKeys: readonly SigningKey[];
  readonly checkpoints: Checkpointing;
  readonly log: Log;
  readonly clock: () => number;
  readonly settings: ApiSettings;
}

export interface ApiSettings {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly temporalUiUrl: string | null;
  readonly leaseMs: number;
  readonly serviceToken: Secret;
  /** Taken beside it while it is rotated. */
  readonly otherServiceTokens: readonly Secret[];
  /** Which model servers a file may name. */
  readonly egress: EgressRules;
  readonly version: string;
  /** Names that a file may use, from the adapters' catalogues. */
  readonly registries: readonly string[];
  readonly backends: readonly string[];
  /** Backends that take a break-glass token, with their addresses. */
  readonly breakGlassBackends: readonly { readonly name: string; readonly url: string }[];
  readonly limits: ApiLimits;
}

/** Requests a tenant may have at once and gains per second; bytes of bodies; how often the API looks and listens. */
export interface ApiLimits {
  readonly burst: number;
  readonly perSecond: number;
  readonly bodyBytes: number;
  readonly labelBytes: number;
  /** For the whole of a JSON body to come. */
  readonly bodyMs: number;
  readonly pollMs: number;
  readonly keyCheckMs: number;
}
export const DEFAULT_LIMITS: ApiLimits = { burst: 1_000, perSecond: 200, bodyBytes: 1 << 20, labelBytes: 8 << 20, bodyMs: 60_000, pollMs: 500, keyCheckMs: 5_000 };

/** Whose key it was: the tenant and the actor come from here and from nowhere else. */
export interface Principal { readonly tenant: TenantId; readonly actor: Actor; readonly scopes: readonly Scope[]; readonly roles: readonly string[]; readonly keyHash: string }

type Member<Route, Name extends 'body' | 'query'> = Route extends Readonly<Record<Name, infer Schema extends z.ZodType>> ? z.output<Schema> : undefined;

/** One authenticated, validated request. */
export interface Call<Name extends RouteName = RouteName> {
  readonly principal: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Member<(typeof ROUTES)[Name], 'query'>;
  readonly body: Member<(typeof ROUTES)[Name], 'body'>;
  /** Tenant and Idempotency-Key, or a fresh id: what a repeat is known by. */
  readonly updateId: string;
  /** Whether the caller sent an Idempotency-Key. */
  readonly keyed: boolean;
  readonly nowMs: number;
  readonly via: AuditEntry['via'];
  readonly request: IncomingMessage;
}

/** A value to send as JSON, or a stream that the handler writes itself. */
export type Answer = { readonly status: number; readonly body: unknown } | { readonly stream: (response: ServerResponse) => void };
export function ok(body: unknown, status = 200): Answer { return { status, body }; }

export type Handlers = { readonly [Name in RouteName]: (call: Call<Name>) => Promise<Answer> };
