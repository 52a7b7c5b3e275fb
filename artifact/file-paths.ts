/**
 * Whether a path may name a file of a model: relative, forward slashes, no `.` or `..`, no part that starts with a dot
 * (registries leave such files out), nothing that another system reads as something else.
 */
export function isModelPath(path: string): boolean {
  return path.length > 0 && path.length <= 1_000 && !path.includes('\\') && path.split('/').every((part) => part !== '' && !part.startsWith('.') && !hasControl(part));
}

function hasControl(text: string): boolean { return /[\p{Cc}:]/u.test(text); }
