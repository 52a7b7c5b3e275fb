import { LastmileError } from './errors.ts';
import type { Digest, ModelFile } from './digest.ts';

/** Where a version comes from: `filesystem:churn@7`. `running:NAME@VERSION` names a model on a server that already runs. */
export interface ModelRef { readonly registry: string; readonly name: string; readonly version: string }

/** One immutable version, resolved: what the registry says and the digest of bytes that we computed. */
export interface ModelVersion {
  readonly ref: ModelRef;
  readonly artifactDigest: Digest;
  readonly files: readonly ModelFile[];
  /** `onnx`, `sklearn`, … as the content says; `unknown` when it does not. */
  readonly format: string;
  readonly createdAtMs: number | null;
}

const REF = /^([a-z][a-z0-9-]*):([A-Za-z0-9._/-]+)@([A-Za-z0-9][A-Za-z0-9._-]*)$/;

/** Parses `REGISTRY:NAME@VERSION`. Throws LM_INVALID_MODEL_REF. */
export function parseModelRef(text: string): ModelRef {
  const match = REF.exec(text);
  const [, registry, name, version] = match ?? [];
  if (registry === undefined || name === undefined || version === undefined || name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw new LastmileError('LM_INVALID_MODEL_REF', `"${text}" is not a model reference; write REGISTRY:NAME@VERSION, for example filesystem:churn@7.`);
  }
  return { registry, name, version };
}

export function formatModelRef(ref: ModelRef): string { return `${ref.registry}:${ref.name}@${ref.version}`; }

/** Total order of versions: runs of digits by value, other text by code unit; equal values fall back to the whole text. */
export function compareVersions(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const order = comparePart(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

function comparePart(a: string, b: string): number {
  const aIsNumber = /^\d/.test(a);
  const bIsNumber = /^\d/.test(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (!aIsNumber) return compareText(a, b);
  const x = a.replace(/^0+(?=\d)/, '');
  const y = b.replace(/^0+(?=\d)/, '');
  return x.length - y.length || compareText(x, y);
}

function compareText(a: string, b: string): number { return a < b ? -1 : a > b ? 1 : 0; }
