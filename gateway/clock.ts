/** The gateway's two clocks. */
export interface GatewayClock {
  /** UTC ms for records. Never goes back, so that `completeToMs` cannot pass a later request when the system clock is set back. */
  readonly utcMs: () => number;
  /** Monotonic ms for leases, latencies and deadlines. */
  readonly elapsedMs: () => number;
}

export function systemClock(): GatewayClock {
  let last = 0;
  return {
    utcMs: () => { last = Math.max(last, Date.now()); return last; },
    elapsedMs: () => performance.now(),
  };
}
