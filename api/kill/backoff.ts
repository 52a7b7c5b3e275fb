/** How long to wait after the nth failure in a row, in milliseconds: doubled each time, up to `most`. */
export function backoff({ first, most }: { readonly first: number; readonly most: number }, failures: number): number {
  return Math.min(most, first * 2 ** (failures - 1));
}
