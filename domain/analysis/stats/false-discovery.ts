/** Benjamini and Hochberg, JRSS B 57 (1995): which hypotheses fall at false discovery rate α, in the order given. For p-values that are independent or positively dependent. NaN never falls. */
export function benjaminiHochberg(ps: readonly number[], alpha: number): readonly boolean[] {
  const order = ps.map((p, i) => ({ p, i })).filter(({ p }) => p >= 0).sort((a, b) => a.p - b.p);
  const k = order.findLastIndex(({ p }, rank) => p <= ((rank + 1) * alpha) / ps.length);
  const fallen = new Set(order.slice(0, k + 1).map(({ i }) => i));
  return ps.map((_, i) => fallen.has(i));
}

/** e-BH, Wang and Ramdas, JRSS B 84 (2022), for any dependence: the k largest e-values fall, k the largest with e_(k) >= m/(k α). NaN never falls. */
export function eBenjaminiHochberg(es: readonly number[], alpha: number): readonly boolean[] {
  const order = es.map((e, i) => ({ e, i })).filter(({ e }) => e >= 0).sort((a, b) => b.e - a.e);
  const k = order.findLastIndex(({ e }, rank) => e >= es.length / ((rank + 1) * alpha));
  const fallen = new Set(order.slice(0, k + 1).map(({ i }) => i));
  return es.map((_, i) => fallen.has(i));
}
