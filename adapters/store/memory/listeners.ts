/** Those who want to hear of a change; told after the call that changed something, never inside it. */
export interface Listeners {
  tell(): void;
  subscribe(listener: () => void): Promise<() => Promise<void>>;
  clear(): void;
}

export function createListeners(): Listeners {
  const all = new Set<() => void>();
  return {
    tell() {
      for (const listener of all) setImmediate(() => {
        try { if (all.has(listener)) listener(); } catch { /* A listener's failure is its own. */ }
      });
    },
    async subscribe(changed) {
      const listener = (): void => { changed(); };
      all.add(listener);
      return async () => { all.delete(listener); };
    },
    clear() { all.clear(); },
  };
}
