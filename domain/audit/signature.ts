/** A public key as documents carry it: base64 of its SPKI DER form; keyId is the start of the SHA-256 over that. */
export interface PublicKeyText { readonly keyId: string; readonly publicKey: string }

export type SignatureState = 'good' | 'bad' | 'unknown-key';

/** Whether `signature` (base64, Ed25519) over `text` holds under the key named; the edge brings the keys, since the domain has no cryptography of its own. */
export type CheckSignature = (text: string, signature: string, keyId: string) => SignatureState;
