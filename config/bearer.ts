/** Longest of ours is a break-glass token. */
const BEARER = /^Bearer +([\x21-\x7e]{1,4096})$/i;

/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1); null without one. */
export function bearerToken(authorization: string | undefined): string | null { return BEARER.exec(authorization ?? '')?.[1] ?? null; }
