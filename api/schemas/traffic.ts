import { z } from 'zod';
import { OFF_CONTRACT } from '../../domain/contract.ts';
import { LEG_ERRORS, LEG_ROLES } from '../../domain/record.ts';
import type * as record from '../../domain/record.ts';
import type * as route from '../../domain/traffic/route.ts';
import type * as table from '../../domain/traffic/table.ts';
import { byName, count, exactly, flag, list, named, number, part, text, time } from './shape.ts';

/** A route, what gateways count, and what they recorded, as JSON; the domain types say what each field means. */

const RouteVariant = exactly<route.RouteVariant>()(named('RouteVariant', {
  variantId: text, version: text, artifactDigest: text, endpoint: part({ url: text, modelName: text, modelVersion: text.nullable() }),
}));

export const Route = exactly<route.Route>()(named('Route', {
  tenantId: text, deploymentUid: text, name: text, revision: count, champion: text.nullable(), shares: list(part({ variantId: text, sharePer10k: count })),
  shadows: list(part({ variantId: text, samplePer10k: count, deadlineMs: number })), rolloutId: text.nullable(), pin: part({ variantId: text, person: text, atMs: time }).nullable(),
  fallback: list(z.enum(['last-good', 'closed'])), lastGood: list(text), retired: part({ person: text, atMs: time, reason: text }).nullable().exactOptional(), onLostControl: z.enum(['serve', 'failClosed']), tombstones: list(text), draining: list(text).exactOptional(), drilled: list(text).exactOptional(), variants: byName(RouteVariant),
  stickyHeader: text.nullable(), stickyJsonPath: text.nullable(), recordInputs: flag,
  applied: list(part({ commandId: text, outcome: z.enum(['applied', 'superseded', 'refused']), reason: text.nullable(), revision: count, rule: z.enum(['killed', 'drilled', 'pinned', 'retired']).exactOptional() })),
}));

export const GatewayStats = exactly<table.GatewayStats>()(named('GatewayStats', {
  startedAtMs: time, requests: count, refused: count, errors: count, mirrored: count, dropped: count, recordsPending: count, recordsLost: count, perVariant: byName(count),
}));

const Prediction = named('Prediction', { row: count, score: number.nullable(), klass: z.union([text, number]).nullable() });
export const STORED_LEG = {
  tenantId: text, deploymentUid: text, inferenceId: text, alias: text.nullable(), variantId: text, role: z.enum(LEG_ROLES), revision: count, rolloutId: text.nullable(), atMs: time,
  eventMs: time.nullable(), status: z.int(), error: z.enum(LEG_ERRORS).nullable(), latencyMs: number, assignmentPer10k: count, leaseLost: flag, response: text.nullable(),
  unscored: z.enum(['too-large', 'binary', 'encoded']).nullable(), request: text.nullable(), rulingMs: time, receivedAtMs: time, predictions: list(Prediction), offContract: z.enum(OFF_CONTRACT).nullable(), segment: text.exactOptional(), features: list(list(z.union([number, text]).nullable())).exactOptional(),
};
export const StoredLeg = exactly<record.StoredLeg>()(named('Leg', STORED_LEG));

export const Label = exactly<record.Label>()(named('Label', {
  tenantId: text, deploymentUid: text, inferenceId: text, row: count, value: z.union([number, text, flag]), labelMs: time, receivedAtMs: time, source: text, propensity: number.exactOptional(),
}));
