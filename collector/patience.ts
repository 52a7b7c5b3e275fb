/**
 * The time by which a gateway counts as gone. A gateway silent for 30 s no longer holds the line (ADR 0003), but silence is its own only while it could
 * have been heard: after the collector or the database was away, the gateways get the same 30 s anew before one is given up.
 */
export interface Patience {
  /** The newest record of a deployment, as far as the store knows. */
  heard(key: string, lastAtMs: number | null): void;
  /** The way to the store was broken until now. */
  resumed(nowMs: number): void;
  /** The `nowMs` of RecordStore.watermark. */
  at(key: string, nowMs: number): number;
  /** How long records could come in since the last break. */
  openForMs(nowMs: number): number;
}

const HOLD_MS = 30_000;

export function createPatience(startedAtMs: number): Patience {
  const newest = new Map<string, number>();
  let beforeBreak: ReadonlyMap<string, number> = new Map();
  let resumedAtMs = startedAtMs;
  return {
    heard(key, lastAtMs) { if (lastAtMs !== null) newest.set(key, lastAtMs); },
    resumed(nowMs) {
      beforeBreak = new Map(newest);
      resumedAtMs = nowMs;
    },
    at(key, nowMs) {
      const openMs = nowMs - resumedAtMs;
      const heardAtMs = beforeBreak.get(key);
      return openMs >= HOLD_MS || heardAtMs === undefined ? nowMs : Math.min(nowMs, heardAtMs + openMs);
    },
    openForMs: (nowMs) => nowMs - resumedAtMs,
  };
}
