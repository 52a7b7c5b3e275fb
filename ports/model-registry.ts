import type { ModelFile } from '../domain/digest.ts';
import type { ModelRef, ModelVersion } from '../domain/model.ts';

/** Where trained models are listed. Reads never change the registry. */
export interface ModelRegistry {
  /**
   * One version with the digest of its bytes, computed by us. LM_MODEL_NOT_FOUND lists the known names or versions.
   * Resolving twice gives the same digest unless the bytes changed.
   */
  resolve(ref: ModelRef): Promise<ModelVersion>;
  /** Versions of a name, oldest first by compareVersions; empty when the name is unknown. */
  versions(name: string): Promise<readonly string[]>;
  /** The bytes of one file. LM_DIGEST_MISMATCH when they are no longer those of `file`. */
  open(ref: ModelRef, file: ModelFile): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Adds a version from files by relative path; idempotent for equal bytes, LM_CONFLICT for others.
   * LM_COMMAND_REFUSED where the registry is read-only to us.
   */
  publish(ref: ModelRef, files: ReadonlyMap<string, Uint8Array>): Promise<ModelVersion>;
}
