import type { ExternalMetric } from './metric.ts';

type Timed = Pick<ExternalMetric, 'initialDelayMs' | 'everyMs'>;

/** The interval that is measured now; negative before the initial delay has passed. `startedAtMs`: when the comparison began, by the gateways' time. */
export function slotAt({ initialDelayMs, everyMs }: Timed, startedAtMs: number, nowMs: number): number { return Math.floor((nowMs - startedAtMs - initialDelayMs) / everyMs); }

/** When the interval behind the one of now begins. */
export function nextSlotMs(timed: Timed, startedAtMs: number, nowMs: number): number {
  return startedAtMs + timed.initialDelayMs + Math.max(0, slotAt(timed, startedAtMs, nowMs) + 1) * timed.everyMs;
}
