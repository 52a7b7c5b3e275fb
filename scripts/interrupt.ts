/** What a terminal sends to end a program. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const INTERRUPTED = 130;

export interface Interruption {
  /** Aborted by the first signal: end cleanly. */
  readonly end: AbortSignal;
  /** Aborted by the second: end what is left at once. This process is gone a moment later. */
  readonly kill: AbortSignal;
  readonly interrupted: Promise<void>;
}

/** From now on signals end this program in two steps. */
export function onInterrupt(): Interruption {
  const [end, kill] = [new AbortController(), new AbortController()];
  const interrupted = new Promise<void>((resolve) => { end.signal.addEventListener('abort', () => { resolve(); }, { once: true }); });
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (!end.signal.aborted) { end.abort(); return; }
      kill.abort();
      process.exit(INTERRUPTED);
    });
  }
  return { end: end.signal, kill: kill.signal, interrupted };
}
