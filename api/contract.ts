import { z } from 'zod';
import { CATALOGUE, type Code } from '../domain/errors.ts';
import { NAME } from '../domain/ids.ts';
import { FINDING_KINDS } from '../domain/restore-check.ts';
import type * as restore from '../domain/restore-check.ts';
import { isTimeZone, WEEKDAYS } from '../domain/freeze.ts';
import { CLOCK_TIME } from '../domain/freeze-weekly.ts';
import { IN_FLIGHT } from '../domain/traffic/route.ts';
import { SCOPES, type Scope } from '../ports/key-store.ts';
import { AnalysisPlan, Progress, Verdict } from './schemas/analysis.ts';
import { DeploymentRecord, DeploymentSpec } from './schemas/deployment.ts';
import { DriftReferenceView, DriftWindow } from './schemas/drift.ts';
import { Freeze } from './schemas/freeze.ts';
import { CaseLeg, Checkpoint, EvidenceBundle, PublicKeyText, Reign, SharedTraffic } from './schemas/history.ts';
import { BreakGlassKit, DrillSummary, KillRecord } from './schemas/kill.ts';
import { AuditRecord, RolloutRecord } from './schemas/rollout.ts';
import { byName, count, exactly, flag, list, named, number, part, text, time } from './schemas/shape.ts';
import { GatewayStats, Label, Route } from './schemas/traffic.ts';

/** The API as its clients see it: request and answer schemas, and the route list that OpenAPI, the router and the CLI test share. */

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const neededReason = z.string().min(3).max(2_000);
export const Reason = z.strictObject({ reason: z.string().min(1).max(2_000).nullable().default(null) });
export const DeleteBody = z.strictObject({ reason: neededReason, force: z.boolean().default(false) });
export const NeededReason = z.strictObject({ reason: neededReason });
/** Past a freeze: a person, with a reason; audited. */
const overrideFreeze = z.boolean().default(false);
export const PromoteBody = NeededReason.extend({ overrideFreeze });
const SomeName = z.string().regex(NAME);
/** What was looked at: the challenger's bytes, and the number of the verdict (default: the newest). With `delegateTo` nothing is approved: the right is handed on. */
export const ApproveBody = z.strictObject({ digest, verdict: z.number().int().min(1).nullable().default(null), reason: neededReason, delegateTo: z.string().min(1).max(100).nullable().default(null) });
const clockTime = z.string().regex(CLOCK_TIME, 'is not a time of day, 00:00 to 24:00');
const millis = z.number().int().min(0).max(8_640_000_000_000_000);
/** fromMs: default now; untilMs null: until it is lifted. */
export const FreezeBody = z.strictObject({
  selector: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }), z.strictObject({ kind: z.literal('names'), names: z.array(SomeName).min(1).max(500) }),
    z.strictObject({ kind: z.literal('labels'), labels: z.record(z.string().min(1).max(200), z.string().max(200)).refine((labels) => Object.keys(labels).length > 0, 'names no label; to freeze everything say all') }),
  ]),
  window: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('span'), fromMs: millis.nullable().default(null), untilMs: millis.nullable().default(null) }),
    z.strictObject({ kind: z.literal('weekly'), days: z.array(z.enum(WEEKDAYS)).min(1), from: clockTime.refine((time) => time !== '24:00', 'begins at 00:00 to 23:59'), to: clockTime, zone: z.string().max(100).refine(isTimeZone, 'is not a time zone; write an IANA name, for example Europe/Berlin') }),
  ]).default({ kind: 'span', fromMs: null, untilMs: null }),
  reason: neededReason,
});
/** `spec` is the file as a person writes it; parsed by domain/deployment.schema.ts. */
export const ApplyBody = z.strictObject({ spec: z.record(z.string(), z.unknown()), retry: z.boolean().default(false), reason: z.string().max(2_000).nullable().default(null), dryRun: z.boolean().default(false), overrideFreeze });
export const StartRolloutBody = z.strictObject({ model: z.string().max(500), retry: z.boolean().default(false), reason: z.string().max(2_000).nullable().default(null), overrideFreeze });
export const LabelBody = z.strictObject({
  inferenceId: z.string().min(1).max(200), row: z.number().int().min(0).max(1_000_000).default(0),
  value: z.union([z.number(), z.string().max(1_000), z.boolean()]),
  /** When the outcome became known, UTC ms; default: now. */
  labelMs: z.number().int().optional(), source: z.string().max(100).default('api'),
  /** The chance with which this outcome was taken, where labels.sampling is on. */
  propensity: z.number().gt(0).max(1).optional(),
});
export const LabelsBody = z.strictObject({ labels: z.array(LabelBody).min(1).max(10_000) });
/** No reason is needed first (decision D4); it is asked for afterwards. */
export const KillScopeBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('champion') }), z.strictObject({ kind: z.literal('challengers') }), z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('variant'), variantId: z.string().regex(/^var_[0-9a-f]{32}$/) }),
  z.strictObject({ kind: z.literal('version'), version: z.string().min(1).max(200) }),
  z.strictObject({ kind: z.literal('digest'), digest }),
]);
export const KillBody = z.strictObject({ scope: KillScopeBody.default({ kind: 'champion' }), inFlight: z.enum(IN_FLIGHT).default('abort'), reason: z.string().max(2_000).nullable().default(null) });
export const DrillBody = Reason.extend({ overrideFreeze });
/** Everything of the tenant that has these bytes, in whatever deployment. */
export const KillDigestBody = z.strictObject({ digest, inFlight: z.enum(IN_FLIGHT).default('abort'), reason: z.string().max(2_000).nullable().default(null) });
export const PageQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), after: z.string().max(500).nullable().default(null) });
const filter = z.string().min(1).max(200).optional();
/** A filter that ends in `*` holds for everything that begins so. */
export const AuditQuery = z.strictObject({
  afterSeq: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1_000).default(200), subject: filter, action: filter, actor: filter,
  sinceMs: z.coerce.number().int().min(0).optional(), untilMs: z.coerce.number().int().min(0).optional(),
});
/** Where the record is no longer kept: which deployment, and when. */
export const CaseQuery = z.strictObject({ deployment: z.string().max(63).optional(), atMs: z.coerce.number().int().min(0).optional() });
export const NewKeyBody = z.strictObject({ name: z.string().min(1).max(100), kind: z.enum(['person', 'service']), scopes: z.array(z.enum(SCOPES)).min(1), roles: z.array(z.string().regex(NAME)).max(20).default([]), expiresAtMs: z.number().int().nullable().default(null) });

/**
 * Answers: one schema each, from which the type follows. The OpenAPI document shows it, and a test holds the answers of the
 * running API against it. Domain documents inside them are in api/schemas/.
 */
export const Links = named('Links', { self: text, temporal: text.nullable(), page: text.nullable() });
export type Links = z.output<typeof Links>;
export const RolloutView = named('RolloutView', { rollout: RolloutRecord, verdict: Verdict.nullable(), progress: Progress.nullable(), links: Links });
export type RolloutView = z.output<typeof RolloutView>;
/** The record of a kill as its proof: times from the order on in ms, null until reached; `digest` is SHA-256 over `kill`. */
export const KillView = named('KillView', { kill: KillRecord, toFencedMs: count.nullable(), toSilentMs: count.nullable(), toProvedMs: count.nullable(), digest: text, sentence: text, links: Links });
export type KillView = z.output<typeof KillView>;
export const DriftSummary = named('DriftSummary', { sentence: text, isChanged: flag, toMs: time.nullable() });
export type DriftSummary = z.output<typeof DriftSummary>;
/** `drift`: null where it is not watched. `kill`: in earnest, under way, else the newest. `drills`: how fast the plug was pulled in drills. */
export const DeploymentView = named('DeploymentView', { deployment: DeploymentRecord, spec: DeploymentSpec, route: Route.nullable(), rollout: RolloutView.nullable(), kill: KillView.nullable(), drills: DrillSummary, drift: DriftSummary.nullable(), links: Links });
export type DeploymentView = z.output<typeof DeploymentView>;
/** One line of `lastmile status`. */
export const DeploymentLine = named('DeploymentLine', { name: text, phase: text, champion: text.nullable(), challenger: text.nullable(), sentence: text, sick: flag, updatedAtMs: time });
export type DeploymentLine = z.output<typeof DeploymentLine>;
export const DeploymentList = named('DeploymentList', { items: list(DeploymentLine), next: text.nullable() });
export type DeploymentList = z.output<typeof DeploymentList>;
export const RolloutList = named('RolloutList', { items: list(RolloutRecord), next: text.nullable() });
export type RolloutList = z.output<typeof RolloutList>;
/** What apply did: `started` a rollout, `queued` it, or nothing (`unchanged`), or only `updated` the policy. */
export const ApplyAnswer = named('ApplyAnswer', { result: z.enum(['started', 'queued', 'updated', 'unchanged', 'planned']), deployment: text, rollout: count.nullable(), spec: DeploymentSpec, notes: list(text), links: Links });
export type ApplyAnswer = z.output<typeof ApplyAnswer>;
/** What a rollout can be expected to tell, by how the newest comparable one was planned; null where there is none. Effects in the metric's unit beyond the threshold. */
export const Forecast = named('Forecast', { like: text, metrics: list(part({ metric: text, blocks: count, blockMs: count, spread: number, evenOdds: number.nullable(), detectable: number.nullable(), days: count.nullable(), requests: count.nullable(), requestsToProof: count.nullable(), inconclusiveIfEqual: number })), shadow: part({ requests: count, cost: part({ micros: z.int(), currency: text }).nullable() }).nullable() });
export type Forecast = z.output<typeof Forecast>;
export const PlanAnswer = named('PlanAnswer', { spec: DeploymentSpec, notes: list(text), changes: list(text), forecast: Forecast.nullable() });
export type PlanAnswer = z.output<typeof PlanAnswer>;
export const StartRolloutAnswer = named('StartRolloutAnswer', { state: z.enum(['started', 'queued']), rollout: count.nullable(), links: Links });
export type StartRolloutAnswer = z.output<typeof StartRolloutAnswer>;
export const CommandAnswer = named('CommandAnswer', { message: text });
export type CommandAnswer = z.output<typeof CommandAnswer>;
export const LabelsAnswer = named('LabelsAnswer', { accepted: count, repeated: count, revised: count, refused: list(part({ line: count, problem: text })) });
export type LabelsAnswer = z.output<typeof LabelsAnswer>;
export const EvidenceAnswer = named('EvidenceAnswer', { plan: AnalysisPlan.nullable(), verdicts: list(Verdict), blocks: count, shortBlocks: count, progress: Progress.nullable() });
export type EvidenceAnswer = z.output<typeof EvidenceAnswer>;
/**
 * `known` says from what: `record`, while the records are kept; `history`, the audit chain and the rollouts alone. `why`: since when and by what the version that
 * answered, or decided then, was live. `candidates`: per deployment, champion and challengers with a share at that time. `outcomes`: every revision.
 */
export const CaseAnswer = named('CaseAnswer', {
  id: text, inferenceId: text.nullable(), deployment: text.nullable(), atMs: time.nullable(), known: z.enum(['record', 'history']), served: text.nullable(), revision: count.nullable(), legs: list(CaseLeg),
  outcomes: list(Label), why: Reign.nullable(), candidates: list(part({ deployment: text, champion: Reign.nullable(), shares: list(SharedTraffic) })), note: text.nullable(),
});
export type CaseAnswer = z.output<typeof CaseAnswer>;
export type CaseLeg = z.output<typeof CaseLeg>;
export const ExplainAnswer = named('ExplainAnswer', { text, verdict: Verdict.nullable() });
export type ExplainAnswer = z.output<typeof ExplainAnswer>;
export const GatewayLine = named('GatewayLine', { gatewayId: text, address: text, live: flag, seenAtMs: time, leaseUntilMs: time, stats: GatewayStats, behind: list(text) });
export type GatewayLine = z.output<typeof GatewayLine>;
export const GatewaysAnswer = named('GatewaysAnswer', { gateways: list(GatewayLine), url: text });
export type GatewaysAnswer = z.output<typeof GatewaysAnswer>;
export const HealthAnswer = named('HealthAnswer', { status: z.enum(['ok', 'degraded']), checks: list(part({ name: text, ok: flag, detail: text })), version: text, links: part({ temporal: text.nullable(), gateway: text }) });
export type HealthAnswer = z.output<typeof HealthAnswer>;
export const AuditAnswer = named('AuditAnswer', { items: list(AuditRecord), nextSeq: count.nullable() });
export type AuditAnswer = z.output<typeof AuditAnswer>;
/** `next`: how many to skip for the page behind this one. */
export const CheckpointsAnswer = named('CheckpointsAnswer', { tenantId: text, items: list(Checkpoint), next: count.nullable(), keys: list(PublicKeyText) });
export type CheckpointsAnswer = z.output<typeof CheckpointsAnswer>;
/** holds: at this moment. endsAtMs: when it stops to hold by itself; null: until it is lifted. */
export const FreezeView = named('FreezeView', { freeze: Freeze, holds: flag, endsAtMs: time.nullable(), sentence: text });
export type FreezeView = z.output<typeof FreezeView>;
export const FreezesAnswer = named('FreezesAnswer', { items: list(FreezeView) });
export type FreezesAnswer = z.output<typeof FreezesAnswer>;
export const KillsAnswer = named('KillsAnswer', { items: list(KillView) });
export type KillsAnswer = z.output<typeof KillsAnswer>;
/** `items`: newest first; ended when `kill.state` is `revived`. */
export const DriftQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(400).default(30) });
export const DriftAnswer = named('DriftAnswer', { watched: flag, champion: text.nullable(), sentence: text, reference: DriftReferenceView.nullable(), items: list(DriftWindow) });
export type DriftAnswer = z.output<typeof DriftAnswer>;
export const DrillsAnswer = named('DrillsAnswer', { summary: DrillSummary, items: list(KillView) });
export type DrillsAnswer = z.output<typeof DrillsAnswer>;
/** One entry for each deployment that a digest was killed in. */
export const KillDigestAnswer = named('KillDigestAnswer', { kills: list(KillView) });
export type KillDigestAnswer = z.output<typeof KillDigestAnswer>;
const RestoreFinding = exactly<restore.RestoreFinding>()(named('RestoreFinding', { kind: z.enum(FINDING_KINDS), subject: text, what: text, act: text }));
export const RestoreCheckAnswer = named('RestoreCheckAnswer', { checked: part({ deployments: count, rollouts: count, gateways: count, auditRecords: count }), findings: list(RestoreFinding) });
export type RestoreCheckAnswer = z.output<typeof RestoreCheckAnswer>;
const KEY_LINE = { id: text, prefix: text, name: text, kind: text, scopes: list(text), roles: list(text), createdAtMs: time, expiresAtMs: time.nullable(), revokedAtMs: time.nullable() };
export const KeyLine = named('KeyLine', KEY_LINE);
export type KeyLine = z.output<typeof KeyLine>;
export const NewKeyAnswer = named('NewKeyAnswer', { ...KEY_LINE, key: text });
export type NewKeyAnswer = z.output<typeof NewKeyAnswer>;
/** Codes that only the command line and the supervisor use. */
const LOCAL: readonly Code[] = ['LM_INVALID_CONFIG', 'LM_API_UNAVAILABLE', 'LM_TOOL_UNAVAILABLE', 'LM_PORT_TAKEN', 'LM_PROCESS_FAILED'];
export const API_CODES: readonly Code[] = (Object.keys(CATALOGUE) as Code[]).filter((code) => !LOCAL.includes(code));
/** RFC 9457. */
export const Problem = named('Problem', { type: text, title: text, status: z.int(), detail: text, code: z.enum(API_CODES), details: byName(z.unknown()), requestId: text });
export type Problem = z.output<typeof Problem>;
/** One server-sent event; id = "<process>-<sequence>", resumable by Last-Event-ID. `reset`: the whole state, as [{deployment, rollout, verdict, progress, kills}]. */
export interface StreamEvent { readonly id: string; readonly type: 'deployment' | 'rollout' | 'verdict' | 'progress' | 'kill' | 'reset'; readonly deployment: string; readonly data: unknown }
const STATE = part({ deployment: DeploymentRecord, rollout: RolloutRecord.nullable(), verdict: Verdict.nullable(), progress: Progress.nullable(), kills: list(KillView) });
export const StreamEvent: z.ZodType<StreamEvent> = named('StreamEvent', { id: text, type: z.enum(['deployment', 'rollout', 'verdict', 'progress', 'kill', 'reset']), deployment: text, data: z.union([DeploymentRecord, RolloutRecord, Verdict, Progress, KillView, list(STATE)]) });

export interface ApiRoute {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** null: no key needed. */
  readonly scope: Scope | null;
  readonly summary: string;
  /** What a call that succeeds is answered; of `events`, the data of each event. */
  readonly answer: z.ZodType;
  /** Statuses of such an answer; default 200. */
  readonly statuses?: readonly (200 | 201 | 202)[];
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Takes an Idempotency-Key. */
  readonly idempotent?: boolean;
  /** The CLI verb that calls it; a test walks the list. */
  readonly cli: string | null;
}

const D = '/api/v1/deployments';
export const ROUTES = {
  listDeployments: { method: 'get', path: D, scope: 'read', summary: 'Deployments, sick first', query: PageQuery, answer: DeploymentList, cli: 'status' },
  plan: { method: 'post', path: '/api/v1/plan', scope: 'read', summary: 'The normal form of a file, what it would change, and what it costs', body: ApplyBody, answer: PlanAnswer, cli: 'plan' },
  apply: { method: 'put', path: `${D}/{name}`, scope: 'deploy', summary: 'Create or change a deployment; a new model starts a rollout', body: ApplyBody, idempotent: true, answer: ApplyAnswer, statuses: [200, 202], cli: 'apply' },
  getDeployment: { method: 'get', path: `${D}/{name}`, scope: 'read', summary: 'State, route, champion and running rollout', answer: DeploymentView, cli: 'status' },
  startRollout: { method: 'post', path: `${D}/{name}/rollouts`, scope: 'deploy', summary: 'Try a version', body: StartRolloutBody, idempotent: true, answer: StartRolloutAnswer, statuses: [202], cli: 'deploy' },
  listRollouts: { method: 'get', path: `${D}/{name}/rollouts`, scope: 'read', summary: 'Rollouts, newest first', query: PageQuery, answer: RolloutList, cli: 'history' },
  getRollout: { method: 'get', path: `${D}/{name}/rollouts/{n}`, scope: 'read', summary: 'One rollout: its state, story and newest verdict', answer: RolloutView, cli: 'watch' },
  pause: { method: 'post', path: `${D}/{name}/rollouts/{n}/pause`, scope: 'operate', summary: 'No next step until resumed; traffic stays', body: Reason, idempotent: true, answer: CommandAnswer, cli: 'pause' },
  resume: { method: 'post', path: `${D}/{name}/rollouts/{n}/resume`, scope: 'operate', summary: 'Go on after a pause', body: Reason, idempotent: true, answer: CommandAnswer, cli: 'resume' },
  promote: { method: 'post', path: `${D}/{name}/rollouts/{n}/promote`, scope: 'operate', summary: 'Make the challenger champion now, without the judge', body: PromoteBody, idempotent: true, answer: CommandAnswer, cli: 'promote' },
  abort: { method: 'post', path: `${D}/{name}/rollouts/{n}/abort`, scope: 'operate', summary: 'End the rollout; all traffic to the champion', body: Reason, idempotent: true, answer: CommandAnswer, cli: 'abort' },
  approve: { method: 'post', path: `${D}/{name}/rollouts/{n}/approve`, scope: 'approve', summary: 'A person agrees to what waits for approval, or hands the right on', body: ApproveBody, idempotent: true, answer: CommandAnswer, cli: 'approve' },
  rollback: { method: 'post', path: `${D}/{name}/rollback`, scope: 'operate', summary: 'Back to the last good champion', body: NeededReason, idempotent: true, answer: CommandAnswer, cli: 'rollback' },
  pin: { method: 'post', path: `${D}/{name}/pin`, scope: 'operate', summary: 'A person holds the champion where it is: automation does not move it', body: Reason, idempotent: true, answer: CommandAnswer, cli: 'pin' },
  unpin: { method: 'post', path: `${D}/{name}/unpin`, scope: 'operate', summary: 'Let automation go on', body: Reason, idempotent: true, answer: CommandAnswer, cli: 'unpin' },
  retire: { method: 'post', path: `${D}/{name}/retire`, scope: 'operate', summary: 'Out of service: callers get 410, versions are unloaded, nothing new is tried', body: NeededReason, idempotent: true, answer: CommandAnswer, cli: 'retire' },
  restore: { method: 'post', path: `${D}/{name}/restore`, scope: 'operate', summary: 'A retired deployment into service again, with its champion', body: NeededReason, idempotent: true, answer: CommandAnswer, cli: 'restore' },
  deleteDeployment: { method: 'post', path: `${D}/{name}/delete`, scope: 'admin', summary: 'End a retired deployment: the name is free, what was recorded stays', body: DeleteBody, idempotent: true, answer: CommandAnswer, cli: 'delete' },
  kill: { method: 'post', path: `${D}/{name}/kill`, scope: 'operate', summary: 'Take a version off all traffic at once; answers with the record that becomes the proof', body: KillBody, idempotent: true, answer: KillView, statuses: [202], cli: 'kill' },
  killDigest: { method: 'post', path: '/api/v1/kill', scope: 'operate', summary: 'Take every variant with these bytes off, in all deployments', body: KillDigestBody, idempotent: true, answer: KillDigestAnswer, statuses: [202], cli: 'kill' },
  getKill: { method: 'get', path: '/api/v1/kills/{id}', scope: 'read', summary: 'A kill and its proof', answer: KillView, cli: 'kills' },
  listKills: { method: 'get', path: `${D}/{name}/kills`, scope: 'read', summary: 'Kills of a deployment, newest first', answer: KillsAnswer, cli: 'kills' },
  drill: { method: 'post', path: `${D}/{name}/drills`, scope: 'operate', summary: 'Kill the challengers that have traffic for a moment, measure how long that takes, take it back', body: DrillBody, idempotent: true, answer: KillView, statuses: [202], cli: 'drill' },
  listDrift: { method: 'get', path: `${D}/{name}/drift`, scope: 'read', summary: 'What changed in the traffic of the champion since it became one, newest window first', query: DriftQuery, answer: DriftAnswer, cli: 'drift' },
  listDrills: { method: 'get', path: `${D}/{name}/drills`, scope: 'read', summary: 'Drills of a deployment and its time to safe', answer: DrillsAnswer, cli: 'drills' },
  killReason: { method: 'post', path: '/api/v1/kills/{id}/reason', scope: 'operate', summary: 'Say afterwards why', body: NeededReason, idempotent: true, answer: KillView, cli: 'kills' },
  revive: { method: 'post', path: '/api/v1/kills/{id}/revive', scope: 'operate', summary: 'A person takes a kill back: loads what is needed, then lifts the tombstones', body: NeededReason, idempotent: true, answer: KillView, cli: 'revive' },
  freeze: { method: 'post', path: '/api/v1/freezes', scope: 'operate', summary: 'No rollout starts, no step forward, nothing promoted while it holds', body: FreezeBody, idempotent: true, answer: FreezeView, statuses: [201], cli: 'freeze' },
  listFreezes: { method: 'get', path: '/api/v1/freezes', scope: 'read', summary: 'Freezes, newest first', answer: FreezesAnswer, cli: 'freeze list' },
  liftFreeze: { method: 'post', path: '/api/v1/freezes/{id}/lift', scope: 'operate', summary: 'End a freeze now', body: NeededReason, idempotent: true, answer: FreezeView, cli: 'unfreeze' },
  breakGlass: { method: 'post', path: '/api/v1/break-glass', scope: 'operate', body: z.strictObject({}), summary: 'A token and addresses to kill by when the API is away; the CLI keeps them', answer: BreakGlassKit, cli: 'kill' },
  forgetGateway: { method: 'delete', path: '/api/v1/gateways/{id}', scope: 'operate', summary: 'Declare a gateway that will not come back gone', answer: CommandAnswer, cli: 'gateways forget' },
  pushLabels: { method: 'post', path: `${D}/{name}/labels`, scope: 'label', summary: 'True outcomes, as JSON or NDJSON', body: LabelsBody, answer: LabelsAnswer, cli: 'labels push' },
  evidence: { method: 'get', path: `${D}/{name}/rollouts/{n}/evidence`, scope: 'read', summary: 'Plan, blocks and verdicts of a rollout', answer: EvidenceAnswer, cli: 'explain' },
  bundle: { method: 'get', path: `${D}/{name}/rollouts/{n}/evidence/bundle`, scope: 'read', summary: 'Everything behind one verdict, sealed and signed', query: z.strictObject({ verdict: z.coerce.number().int().min(1).optional() }), answer: EvidenceBundle, cli: 'evidence export' },
  getCase: { method: 'get', path: '/api/v1/cases/{id}', scope: 'read', summary: 'One inference: who answered, what the others said, what came of it, and why that version was live', query: CaseQuery, answer: CaseAnswer, cli: 'case' },
  explain: { method: 'get', path: `${D}/{name}/explain`, scope: 'read', summary: 'Why, in one paragraph', query: z.strictObject({ rollout: z.coerce.number().int().min(1).optional(), for: z.enum(['engineer', 'owner']).default('engineer') }), answer: ExplainAnswer, cli: 'explain' },
  events: { method: 'get', path: '/api/v1/events', scope: 'read', summary: 'What changes, as server-sent events', query: z.strictObject({ deployment: z.string().max(63).optional() }), answer: StreamEvent, cli: 'watch' },
  gateways: { method: 'get', path: '/api/v1/gateways', scope: 'read', summary: 'Gateways, their leases and counts', answer: GatewaysAnswer, cli: 'gateways list' },
  audit: { method: 'get', path: '/api/v1/audit', scope: 'read', summary: 'The audit chain of the tenant', query: AuditQuery, answer: AuditAnswer, cli: 'audit list' },
  checkpoints: { method: 'get', path: '/api/v1/audit/checkpoints', scope: 'read', summary: 'What was signed of the audit chain, and the public key to check it with', query: z.strictObject({ skip: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1_000).default(200) }), answer: CheckpointsAnswer, cli: 'audit export' },
  health: { method: 'get', path: '/api/v1/health', scope: null, summary: 'Whether the API and what it needs are well', answer: HealthAnswer, cli: 'doctor' },
  listKeys: { method: 'get', path: '/api/v1/keys', scope: 'admin', summary: 'API keys, without the keys', answer: list(KeyLine), cli: 'keys list' },
  newKey: { method: 'post', path: '/api/v1/keys', scope: 'admin', summary: 'Make an API key; it is shown once', body: NewKeyBody, answer: NewKeyAnswer, statuses: [201], cli: 'keys new' },
  restoreCheck: { method: 'get', path: '/api/v1/admin/restore-check', scope: 'admin', summary: 'After a restore: what does not fit between database, Temporal and gateways', answer: RestoreCheckAnswer, cli: 'admin restore-check' },
  revokeKey: { method: 'delete', path: '/api/v1/keys/{id}', scope: 'admin', summary: 'Revoke an API key', answer: CommandAnswer, cli: 'keys revoke' },
} as const satisfies Readonly<Record<string, ApiRoute>>;
export type RouteName = keyof typeof ROUTES;
/** What each route answers. */
export type Answers = { readonly [Name in RouteName]: z.output<(typeof ROUTES)[Name]['answer']> };
