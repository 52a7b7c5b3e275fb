import { z } from 'zod';
import type { AuditRecord } from '../domain/audit.ts';
import type { Checkpoint } from '../domain/audit/checkpoint.ts';
import type { PublicKeyText } from '../domain/audit/signature.ts';
import type { Progress } from '../domain/analysis/blocks.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { Verdict } from '../domain/analysis/verdict.ts';
import type { Reign, SharedTraffic } from '../domain/case/decided.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { Label, StoredLeg } from '../domain/record.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { Route } from '../domain/traffic/route.ts';
import type { GatewayStats } from '../domain/traffic/table.ts';
import type { Scope } from '../ports/key-store.ts';

/** The API as its clients see it: request schemas, answer types, and the route list that OpenAPI, the router and the CLI test share. */

export const Reason = z.strictObject({ reason: z.string().min(1).max(2_000).nullable().default(null) });
export const NeededReason = z.strictObject({ reason: z.string().min(3).max(2_000) });
/** `spec` is the file as a person writes it; parsed by domain/deployment.schema.ts. */
export const ApplyBody = z.strictObject({ spec: z.record(z.string(), z.unknown()), retry: z.boolean().default(false), reason: z.string().max(2_000).nullable().default(null), dryRun: z.boolean().default(false) });
export const StartRolloutBody = z.strictObject({ model: z.string().max(500), retry: z.boolean().default(false), reason: z.string().max(2_000).nullable().default(null) });
export const LabelBody = z.strictObject({
  inferenceId: z.string().min(1).max(200), row: z.number().int().min(0).max(1_000_000).default(0),
  value: z.union([z.number(), z.string().max(1_000), z.boolean()]),
  /** When the outcome became known, UTC ms; default: now. */
  labelMs: z.number().int().optional(), source: z.string().max(100).default('api'),
});
export const LabelsBody = z.strictObject({ labels: z.array(LabelBody).min(1).max(10_000) });
export const PageQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), after: z.string().max(500).nullable().default(null) });
const filter = z.string().min(1).max(200).optional();
/** A filter that ends in `*` holds for everything that begins so. */
export const AuditQuery = z.strictObject({
  afterSeq: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1_000).default(200), subject: filter, action: filter, actor: filter,
  sinceMs: z.coerce.number().int().min(0).optional(), untilMs: z.coerce.number().int().min(0).optional(),
});
/** Where the record is no longer kept: which deployment, and when. */
export const CaseQuery = z.strictObject({ deployment: z.string().max(63).optional(), atMs: z.coerce.number().int().min(0).optional() });
export const NewKeyBody = z.strictObject({ name: z.string().min(1).max(100), kind: z.enum(['person', 'service']), scopes: z.array(z.enum(['read', 'deploy', 'operate', 'label', 'infer', 'debug', 'admin'])).min(1), expiresAtMs: z.number().int().nullable().default(null) });

export interface Links { readonly self: string; readonly temporal: string | null; readonly page: string | null }
export interface DeploymentView { readonly deployment: DeploymentRecord; readonly spec: DeploymentSpec; readonly route: Route | null; readonly rollout: RolloutView | null; readonly links: Links }
/** One line of `lastmile status`. */
export interface DeploymentLine { readonly name: string; readonly phase: string; readonly champion: string | null; readonly challenger: string | null; readonly sentence: string; readonly sick: boolean; readonly updatedAtMs: number }
export interface DeploymentList { readonly items: readonly DeploymentLine[]; readonly next: string | null }
export interface RolloutView { readonly rollout: RolloutRecord; readonly verdict: Verdict | null; readonly progress: Progress | null; readonly links: Links }
export interface RolloutList { readonly items: readonly RolloutRecord[]; readonly next: string | null }
/** What apply did: `started` a rollout, `queued` it, or nothing (`unchanged`), or only `updated` the policy. */
export interface ApplyAnswer { readonly result: 'started' | 'queued' | 'updated' | 'unchanged' | 'planned'; readonly deployment: string; readonly rollout: number | null; readonly spec: DeploymentSpec; readonly notes: readonly string[]; readonly links: Links }
export interface PlanAnswer { readonly spec: DeploymentSpec; readonly notes: readonly string[]; readonly changes: readonly string[] }
export interface StartRolloutAnswer { readonly state: 'started' | 'queued'; readonly rollout: number | null; readonly links: Links }
export interface CommandAnswer { readonly message: string }
export interface LabelsAnswer { readonly accepted: number; readonly repeated: number; readonly revised: number; readonly refused: readonly { readonly line: number; readonly problem: string }[] }
export interface EvidenceAnswer { readonly plan: AnalysisPlan | null; readonly verdicts: readonly Verdict[]; readonly blocks: number; readonly shortBlocks: number; readonly progress: Progress | null }
/** One version's answer to it; the model behind the variant, where that is known. */
export interface CaseLeg extends StoredLeg { readonly model: string | null; readonly artifactDigest: string | null }
/**
 * `known` says from what: `record`, while the records are kept; `history`, the audit chain and the rollouts alone. `why`: since when and by what the version that
 * answered, or decided then, was live. `candidates`: per deployment, champion and challengers with a share at that time. `outcomes`: every revision.
 */
export interface CaseAnswer {
  readonly id: string;
  readonly inferenceId: string | null;
  readonly deployment: string | null;
  readonly atMs: number | null;
  readonly known: 'record' | 'history';
  readonly served: string | null;
  readonly revision: number | null;
  readonly legs: readonly CaseLeg[];
  readonly outcomes: readonly Label[];
  readonly why: Reign | null;
  readonly candidates: readonly { readonly deployment: string; readonly champion: Reign | null; readonly shares: readonly SharedTraffic[] }[];
  readonly note: string | null;
}
export interface ExplainAnswer { readonly text: string; readonly verdict: Verdict | null }
export interface GatewayLine { readonly gatewayId: string; readonly address: string; readonly live: boolean; readonly seenAtMs: number; readonly leaseUntilMs: number; readonly stats: GatewayStats; readonly behind: readonly string[] }
export interface GatewaysAnswer { readonly gateways: readonly GatewayLine[]; readonly url: string }
export interface HealthAnswer { readonly status: 'ok' | 'degraded'; readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]; readonly version: string; readonly links: { readonly temporal: string | null; readonly gateway: string } }
export interface AuditAnswer { readonly items: readonly AuditRecord[]; readonly nextSeq: number | null }
/** `next`: how many to skip for the page behind this one. */
export interface CheckpointsAnswer { readonly tenantId: string; readonly items: readonly Checkpoint[]; readonly next: number | null; readonly keys: readonly PublicKeyText[] }
export interface KeyLine { readonly id: string; readonly prefix: string; readonly name: string; readonly kind: string; readonly scopes: readonly string[]; readonly createdAtMs: number; readonly expiresAtMs: number | null; readonly revokedAtMs: number | null }
export interface NewKeyAnswer extends KeyLine { readonly key: string }
/** RFC 9457. */
export interface Problem { readonly type: string; readonly title: string; readonly status: number; readonly detail: string; readonly code: string; readonly details: Readonly<Record<string, unknown>>; readonly requestId: string }
/** One server-sent event; id = "<process>-<sequence>", resumable by Last-Event-ID. `reset`: the whole state, as [{deployment, rollout, verdict, progress}]. */
export interface StreamEvent { readonly id: string; readonly type: 'deployment' | 'rollout' | 'verdict' | 'progress' | 'reset'; readonly deployment: string; readonly data: unknown }

export interface ApiRoute {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** null: no key needed. */
  readonly scope: Scope | null;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Takes an Idempotency-Key. */
  readonly idempotent?: boolean;
  /** The CLI verb that calls it; a test walks the list. */
  readonly cli: string | null;
}

const D = '/api/v1/deployments';
export const ROUTES = {
  listDeployments: { method: 'get', path: D, scope: 'read', summary: 'Deployments, sick first', query: PageQuery, cli: 'status' },
  plan: { method: 'post', path: '/api/v1/plan', scope: 'read', summary: 'The normal form of a file, what it would change, and what it costs', body: ApplyBody, cli: 'plan' },
  apply: { method: 'put', path: `${D}/{name}`, scope: 'deploy', summary: 'Create or change a deployment; a new model starts a rollout', body: ApplyBody, idempotent: true, cli: 'apply' },
  getDeployment: { method: 'get', path: `${D}/{name}`, scope: 'read', summary: 'State, route, champion and running rollout', cli: 'status' },
  startRollout: { method: 'post', path: `${D}/{name}/rollouts`, scope: 'deploy', summary: 'Try a version', body: StartRolloutBody, idempotent: true, cli: 'deploy' },
  listRollouts: { method: 'get', path: `${D}/{name}/rollouts`, scope: 'read', summary: 'Rollouts, newest first', query: PageQuery, cli: 'history' },
  getRollout: { method: 'get', path: `${D}/{name}/rollouts/{n}`, scope: 'read', summary: 'One rollout: its state, story and newest verdict', cli: 'watch' },
  pause: { method: 'post', path: `${D}/{name}/rollouts/{n}/pause`, scope: 'operate', summary: 'No next step until resumed; traffic stays', body: Reason, idempotent: true, cli: 'pause' },
  resume: { method: 'post', path: `${D}/{name}/rollouts/{n}/resume`, scope: 'operate', summary: 'Go on after a pause', body: Reason, idempotent: true, cli: 'resume' },
  promote: { method: 'post', path: `${D}/{name}/rollouts/{n}/promote`, scope: 'operate', summary: 'Make the challenger champion now, without the judge', body: NeededReason, idempotent: true, cli: 'promote' },
  abort: { method: 'post', path: `${D}/{name}/rollouts/{n}/abort`, scope: 'operate', summary: 'End the rollout; all traffic to the champion', body: Reason, idempotent: true, cli: 'abort' },
  rollback: { method: 'post', path: `${D}/{name}/rollback`, scope: 'operate', summary: 'Back to the last good champion', body: NeededReason, idempotent: true, cli: 'rollback' },
  pushLabels: { method: 'post', path: `${D}/{name}/labels`, scope: 'label', summary: 'True outcomes, as JSON or NDJSON', body: LabelsBody, cli: 'labels push' },
  evidence: { method: 'get', path: `${D}/{name}/rollouts/{n}/evidence`, scope: 'read', summary: 'Plan, blocks and verdicts of a rollout', cli: 'explain' },
  explain: { method: 'get', path: `${D}/{name}/explain`, scope: 'read', summary: 'Why, in one paragraph', query: z.strictObject({ rollout: z.coerce.number().int().min(1).optional(), for: z.enum(['engineer', 'owner']).default('engineer') }), cli: 'explain' },
  bundle: { method: 'get', path: `${D}/{name}/rollouts/{n}/evidence/bundle`, scope: 'read', summary: 'Everything behind one verdict, sealed and signed', query: z.strictObject({ verdict: z.coerce.number().int().min(1).optional() }), cli: 'evidence export' },
  getCase: { method: 'get', path: '/api/v1/cases/{id}', scope: 'read', summary: 'One inference: who answered, what the others said, what came of it, and why that version was live', query: CaseQuery, cli: 'case' },
  events: { method: 'get', path: '/api/v1/events', scope: 'read', summary: 'What changes, as server-sent events', query: z.strictObject({ deployment: z.string().max(63).optional() }), cli: 'watch' },
  gateways: { method: 'get', path: '/api/v1/gateways', scope: 'read', summary: 'Gateways, their leases and counts', cli: 'doctor' },
  audit: { method: 'get', path: '/api/v1/audit', scope: 'read', summary: 'The audit chain of the tenant', query: AuditQuery, cli: 'audit list' },
  checkpoints: { method: 'get', path: '/api/v1/audit/checkpoints', scope: 'read', summary: 'What was signed of the audit chain, and the public key to check it with', query: z.strictObject({ skip: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1_000).default(200) }), cli: 'audit export' },
  health: { method: 'get', path: '/api/v1/health', scope: null, summary: 'Whether the API and what it needs are well', cli: 'doctor' },
  listKeys: { method: 'get', path: '/api/v1/keys', scope: 'admin', summary: 'API keys, without the keys', cli: 'keys list' },
  newKey: { method: 'post', path: '/api/v1/keys', scope: 'admin', summary: 'Make an API key; it is shown once', body: NewKeyBody, cli: 'keys new' },
  revokeKey: { method: 'delete', path: '/api/v1/keys/{id}', scope: 'admin', summary: 'Revoke an API key', cli: 'keys revoke' },
} as const satisfies Readonly<Record<string, ApiRoute>>;
export type RouteName = keyof typeof ROUTES;
