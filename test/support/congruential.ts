const [MULTIPLIER, INCREMENT, MODULUS] = [1_103_515_245n, 12_345n, 2_147_483_648n];

/** The same `n` numbers in [0, 1) in every language that has whole numbers: s ← (1103515245 s + 12345) mod 2³¹, s/2³¹. For values that other software computed. */
export function congruential(seed: number, n: number): readonly number[] {
  let state = BigInt(seed);
  return Array.from({ length: n }, () => { state = (MULTIPLIER * state + INCREMENT) % MODULUS; return Number(state) / Number(MODULUS); });
}

/** 600 rows of two scores, in hundredths, and an outcome that both know something of, the challenger more. */
export function scoredPairs(): readonly { readonly champion: number; readonly challenger: number; readonly label: 0 | 1 }[] {
  const n = 600;
  const u = congruential(1, 3 * n);
  // numpy rounds halves to even; no half comes up here.
  const hundredths = (value: number): number => Math.round(value * 100) / 100;
  return Array.from({ length: n }, (_, i) => {
    const label = (u[i] ?? 0) < 0.4 ? 1 : 0;
    return { label, champion: hundredths(0.25 * label + 0.7 * (u[n + i] ?? 0)), challenger: hundredths(0.45 * label + 0.5 * (u[2 * n + i] ?? 0)) };
  });
}
