import { z } from 'zod';
import { WEEKDAYS } from '../../domain/freeze.ts';
import type * as freeze from '../../domain/freeze.ts';
import { Actor } from './rollout.ts';
import { byName, exactly, named, text, time } from './shape.ts';

/** A freeze as JSON; domain/freeze.ts says what each field means. */

const Selector = exactly<freeze.FreezeSelector>()(z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }), z.object({ kind: z.literal('names'), names: z.array(text).readonly() }), z.object({ kind: z.literal('labels'), labels: byName(text) }),
]).meta({ id: 'FreezeSelector' }));

const Window = exactly<freeze.FreezeWindow>()(z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('span'), fromMs: time, untilMs: time.nullable() }), z.object({ kind: z.literal('weekly'), days: z.array(z.enum(WEEKDAYS)).readonly(), from: text, to: text, zone: text }),
]).meta({ id: 'FreezeWindow' }));

export const Freeze = exactly<freeze.Freeze>()(named('Freeze', {
  tenantId: text, freezeId: text, selector: Selector, window: Window, reason: text, actor: Actor, createdAtMs: time, liftedAtMs: time.nullable(), liftedBy: Actor.nullable(),
}));
