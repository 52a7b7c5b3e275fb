/** A look-up whose answers are kept for a while; absences for a shorter one. Bounded: at its size the oldest answers go. */
export function remembered<T>(load: (tenant: string, id: string) => Promise<T | null>, of: { readonly foundMs: number; readonly missingMs: number; readonly now: () => number }): (tenant: string, id: string) => Promise<T | null> {
  const kept = new Map<string, { readonly value: Promise<T | null>; untilMs: number }>();
  return (tenant, id) => {
    const key = `${tenant}/${id}`;
    const known = kept.get(key);
    if (known !== undefined && of.now() < known.untilMs) return known.value;
    const value = load(tenant, id);
    const entry = { value, untilMs: of.now() + of.foundMs };
    kept.delete(key);
    kept.set(key, entry);
    if (kept.size > MOST) kept.delete(kept.keys().next().value ?? '');
    value.then((found) => { if (found === null) entry.untilMs = of.now() + of.missingMs; }, () => { kept.delete(key); });
    return value;
  };
}

const MOST = 5_000;
