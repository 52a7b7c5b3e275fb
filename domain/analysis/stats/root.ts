const MOST_STEPS = 200;

/**
 * Where `above` turns from false to true between lo (false) and hi (true), by bisection to the last digit that matters.
 * Returns the end of the last bracket on the `above` side: a bound found by it errs to the safe side.
 */
export function crossing(above: (x: number) => boolean, lo: number, hi: number): number {
  let [below, over] = [lo, hi];
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const middle = (below + over) / 2;
    if (middle === below || middle === over || over - below <= 1e-13 * Math.abs(over)) break;
    if (above(middle)) over = middle; else below = middle;
  }
  return over;
}
