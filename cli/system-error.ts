/** The code of an error of Node (`EEXIST`, `ETIMEDOUT`, …) or null. Asks for no class: such errors may come from another realm. */
export function systemCode(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

export function isAbort(error: unknown): boolean { return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError'; }
