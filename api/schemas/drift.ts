import { z } from 'zod';
import type * as profile from '../../domain/drift/profile-drift.ts';
import type * as watch from '../../domain/drift/watch.ts';
import { count, exactly, flag, list, named, number, part, text, time } from './shape.ts';

/** What changed in the traffic of a champion, as JSON; docs/drift.md says what each figure is. */

const verdict = z.enum(['drift', 'no-drift', 'insufficient']);
const Column = exactly<profile.ColumnFinding>()(named('DriftColumn', {
  name: text, type: z.enum(['numeric', 'categorical']), nRef: count, nCur: count, missing: part({ ref: count, cur: count }), psi: number, psiP: number, jsDistance: number, lInfinity: number,
  ks: number.nullable(), ksP: number.nullable(), newCategories: list(text), verdict,
}));

export const DriftWindow = exactly<watch.DriftWindow>()(named('DriftWindow', {
  tenantId: text, deploymentUid: text, variantId: text, fromMs: time, toMs: time, rows: count, verdict, alpha: number, columns: list(Column),
  together: part({ mmd2: number, p: number, isDrift: flag }).nullable(), estimate: part({ accuracy: number, reference: number, standardError: number, isLow: flag }).nullable(), begins: z.literal(true).exactOptional(), foldedAtMs: time,
}));

/** Of the reference what people ask for; its counts stay in the store. */
export const DriftReferenceView = named('DriftReference', { source: z.enum(['rollout', 'first-traffic']), rolloutId: text.nullable(), fromMs: time, toMs: time, rows: count, columns: list(text), calibrated: flag, madeAtMs: time });
