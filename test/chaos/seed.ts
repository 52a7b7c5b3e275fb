/** Numbers 0..1 that follow from the seed alone (mulberry32). */
export interface Dice { roll(): number; between(least: number, most: number): number; pick<T>(from: readonly T[]): T; fork(name: string): Dice }

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    roll, between: (least, most) => least + roll() * (most - least),
    pick: (from) => from[Math.floor(roll() * from.length)]!,
    fork: (name) => dice(Buffer.from(name).reduce((sum, byte) => Math.imul(sum, 31) + byte, seed)),
  };
}
