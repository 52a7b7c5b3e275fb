import type { Digest } from '../domain/digest.ts';

/** Content-addressed bytes. What is stored under a digest never changes. */
export interface ArtifactStore {
  /** Stores and returns the digest computed on the way; storing the same bytes again changes nothing. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ readonly digest: Digest; readonly size: number }>;
  has(digest: Digest): Promise<boolean>;
  /** LM_ARTIFACT_NOT_FOUND when absent; LM_DIGEST_MISMATCH (thrown while reading) when the bytes were damaged. */
  open(digest: Digest): Promise<AsyncIterable<Uint8Array>>;
  /** Where another process on this host can read the blobs, or null. Layout: artifact/bundle.ts blobPath. */
  readonly localRoot: string | null;
}
