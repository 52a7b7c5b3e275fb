import { z } from 'zod';
import { isDigest, type Digest } from '../domain/digest.ts';

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'sha256: and 64 hexadecimal digits');
const name = z.string().min(1).max(300);

/** Body of PUT /admin/variants/{variantId}: what to run, and where its bytes are. Fields as LoadRequest in ports/serving-backend.ts. */
export const VariantRequestBody = z.object({
  tenant: name, servedName: name, servedVersion: name,
  artifactDigest: digest, bundleDigest: digest,
  resources: z.strictObject({ threads: z.number().int().min(1).max(256), isolation: z.enum(['process', 'shared']) }),
  /** Folder of a filesystem artifact store on this host, or null. */
  storeRoot: z.string().min(1).nullable().default(null),
  /** Address of the API, which serves blobs by digest, or null. */
  artifactUrl: z.url().nullable().default(null),
});
export type VariantRequest = z.output<typeof VariantRequestBody> & { readonly variantId: string };

export const VARIANT_ID = /^[A-Za-z0-9_-]{1,128}$/;
