/** What a terminal sends to end a program. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const INTERRUPTED = 130;

export interface Interruption { readonly signal: AbortSignal; readonly interrupted: Promise<void> }

/** The first signal aborts; the second calls `kill` and ends the process at once. */
export function onInterrupt(kill: () => void): Interruption {
  const controller = new AbortController();
  const interrupted = new Promise<void>((resolve) => { controller.signal.addEventListener('abort', () => { resolve(); }, { once: true }); });
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (!controller.signal.aborted) { controller.abort(); return; }
      kill();
      process.exit(INTERRUPTED);
    });
  }
  return { signal: controller.signal, interrupted };
}
