/** The code of an error from the operating system (`ENOENT`), or null. True across module realms, where instanceof is not. */
export function systemErrorCode(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
