import { z } from 'zod';
import type * as audit from '../../domain/audit.ts';
import type * as breakGlass from '../../domain/kill/break-glass.ts';
import type * as drill from '../../domain/kill/drill.ts';
import { BACKEND_FENCE_STATES, FENCE_STATES, KILL_STATES } from '../../domain/kill/kill.ts';
import type * as kill from '../../domain/kill/kill.ts';
import { IN_FLIGHT } from '../../domain/traffic/route.ts';
import type * as variant from '../../domain/variant.ts';
import { count, exactly, list, named, number, part, text, time } from './shape.ts';

/** A kill, its proof, and what breaks the glass, as JSON; the domain types say what each field means. */

const Actor = exactly<audit.Actor>()(part({ kind: z.enum(['person', 'service', 'workflow']), name: text }));
const Endpoint = exactly<variant.Endpoint>()(part({ url: text, modelName: text, modelVersion: text.nullable() }));

const KillScope = z.union([
  part({ kind: z.enum(['champion', 'challengers', 'all']) }), part({ kind: z.literal('variant'), variantId: text }), part({ kind: z.literal('version'), version: text }), part({ kind: z.literal('digest'), digest: text }),
]);

const KilledVariant = exactly<kill.KilledVariant>()(named('KilledVariant', {
  variantId: text, version: text, artifactDigest: text, backend: text, endpoint: Endpoint.nullable(), role: z.enum(['champion', 'challenger', 'shadow', 'last-good']), fingerprint: text.nullable(),
}));

const GatewayFence = exactly<kill.GatewayFence>()(named('GatewayFence', {
  gatewayId: text, incarnation: count, state: z.enum(FENCE_STATES), revision: count.nullable(), leaseUntilMs: time, fencedAtMs: time.nullable(), silentAtMs: time.nullable(),
  inFlight: count, aborted: count, drained: count, refused: count,
}));

const BackendFence = exactly<kill.BackendFence>()(named('BackendFence', {
  variantId: text, backend: text, state: z.enum(BACKEND_FENCE_STATES), atMs: time.nullable(), requests: count.nullable(), requestsAfter: count.nullable(), note: text.nullable(),
}));

const Probe = exactly<kill.Probe>()(named('Probe', {
  gatewayId: text.nullable(), kind: z.enum(['decides', 'by-version']), atMs: time, status: count, variantId: text.nullable(), fingerprint: text.nullable(),
  result: z.enum(['clear', 'killed-answered', 'no-answer']), note: text.nullable(),
}));

export const KillRecord = exactly<kill.KillRecord>()(named('Kill', {
  tenantId: text, killId: text, deploymentUid: text, deployment: text, state: z.enum(KILL_STATES), scope: KillScope, targets: list(text), variants: list(KilledVariant), inFlight: z.enum(IN_FLIGHT),
  actor: Actor, via: z.enum(['api', 'cli', 'workflow', 'gateway']), reason: text.nullable(), drillId: text.nullable(), requestedAtMs: time, recordedAtMs: time.exactOptional(), revision: count.nullable(),
  onLostControl: z.enum(['serve', 'failClosed']), fencedAtMs: time.nullable(), silentAtMs: time.nullable(), provedAtMs: time.nullable(), revivedAtMs: time.nullable(),
  gateways: list(GatewayFence), backends: list(BackendFence), probes: list(Probe), answering: text.nullable(), missing: list(text), bound: text.nullable(), revisionOfRecord: count, updatedAtMs: time,
}));

export const DrillSummary = exactly<drill.DrillSummary>()(named('DrillSummary', {
  standing: z.enum(['off', 'waiting', 'fresh', 'late']), everyMs: number.nullable(), limitMs: number, nextAtMs: time.nullable(), lastAtMs: time.nullable(), lastResult: z.enum(['under-way', 'passed', 'slow', 'failed']).nullable(),
  count, notPassed: count, newestMs: number.nullable(), medianMs: number.nullable(), worstMs: number.nullable(), trend: z.enum(['slower', 'faster', 'steady', 'unknown']), sentence: text,
}));

export const BreakGlassKit = exactly<breakGlass.BreakGlassKit>()(named('BreakGlassKit', {
  v: z.literal(1), apiUrl: text, token: text, expiresAtMs: time, savedAtMs: time, gateways: list(part({ gatewayId: text, adminAddress: text })), backends: list(part({ name: text, url: text })),
}));
