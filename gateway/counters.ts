import type { VariantId } from '../domain/ids.ts';

/** What this process has done since its start; `perVariant` counts requests sent, serving and mirrored. */
export interface Counters { readonly startedAtMs: number; requests: number; refused: number; errors: number; mirrored: number; dropped: number; readonly perVariant: Map<VariantId, number> }

export function newCounters(startedAtMs: number): Counters {
  return { startedAtMs, requests: 0, refused: 0, errors: 0, mirrored: 0, dropped: 0, perVariant: new Map() };
}

export function countSent(counters: Counters, id: VariantId): void { counters.perVariant.set(id, (counters.perVariant.get(id) ?? 0) + 1); }
