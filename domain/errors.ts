/** What a caller can do about an error; every kind is either terminal or retryable. */
export const KINDS = [
  'invalid', 'unauthenticated', 'forbidden', 'not-found', 'conflict', 'mismatch', 'refused', 'gone',
  'busy', 'unavailable', 'timeout', 'bug',
] as const;
export type Kind = (typeof KINDS)[number];

/** Whether the same call may succeed later without anything else changing. */
export const RETRYABLE: Readonly<Record<Kind, boolean>> = {
  invalid: false, unauthenticated: false, forbidden: false, 'not-found': false, conflict: false, mismatch: false,
  refused: false, gone: false, busy: true, unavailable: true, timeout: true, bug: false,
};

/** The catalogue: code -> kind and when it is thrown. docs/errors.md lists the same codes; a test compares them. */
export const CATALOGUE = {
  LM_INVALID_CONFIG: { kind: 'invalid', when: 'The environment holds values that a process cannot start with; every problem is listed.' },
  LM_DATABASE_NEWER: { kind: 'invalid', when: 'A newer lastmile has written or migrated the database; run a version at least as new, or restore the backup from before.' },
  LM_INVALID_SPEC: { kind: 'invalid', when: 'A deployment file does not have the shape of v1alpha1, or a needed fact cannot be inferred.' },
  LM_INVALID_REQUEST: { kind: 'invalid', when: 'A request to the API or the gateway does not have the documented shape.' },
  LM_INVALID_MODEL_REF: { kind: 'invalid', when: 'A model reference is not REGISTRY:NAME@VERSION.' },
  LM_UNKNOWN_ADAPTER: { kind: 'invalid', when: 'A registry, backend, store, trainer or notifier has a name that lastmile does not know; the known ones are listed.' },
  LM_UNAUTHENTICATED: { kind: 'unauthenticated', when: 'There is no API key, or it is unknown or revoked.' },
  LM_FORBIDDEN: { kind: 'forbidden', when: 'The key is known but lacks the scope that the call needs.' },
  LM_DEPLOYMENT_NOT_FOUND: { kind: 'not-found', when: 'No deployment of this name in the caller\'s tenant.' },
  LM_ROLLOUT_NOT_FOUND: { kind: 'not-found', when: 'No rollout of this number in the deployment.' },
  LM_MODEL_NOT_FOUND: { kind: 'not-found', when: 'The registry has no such model or version; the known ones are listed.' },
  LM_ARTIFACT_NOT_FOUND: { kind: 'not-found', when: 'The artifact store holds no blob of this digest.' },
  LM_VARIANT_NOT_FOUND: { kind: 'not-found', when: 'The backend or the route does not know this variant.' },
  LM_RECORD_NOT_FOUND: { kind: 'not-found', when: 'No record of this inference id is kept.' },
  LM_NOT_FOUND: { kind: 'not-found', when: 'The path or document does not exist.' },
  LM_ROLLOUT_IN_PROGRESS: { kind: 'conflict', when: 'The deployment has an active rollout and rollout.whenBusy is refuse.' },
  LM_FROZEN: { kind: 'conflict', when: 'A freeze holds the deployment: no rollout starts and nothing is promoted until it ends, is lifted, or a person overrides it with a reason.' },
  LM_CONFLICT: { kind: 'conflict', when: 'The document changed, or already exists with other content.' },
  LM_IDEMPOTENCY_MISMATCH: { kind: 'mismatch', when: 'The Idempotency-Key was used before with another request.' },
  LM_EGRESS_DENIED: { kind: 'refused', when: 'A model server or webhook is at an address that the egress rules do not allow; the message names the rule.' },
  LM_DIGEST_MISMATCH: { kind: 'refused', when: 'The bytes at hand are not the bytes that were validated.' },
  LM_VALIDATION_FAILED: { kind: 'refused', when: 'The model breaks its contract, a golden request, or the latency limit.' },
  LM_SAME_VARIANT: { kind: 'refused', when: 'The version to try is the variant that already decides.' },
  LM_ALREADY_TRIED: { kind: 'refused', when: 'The variant was rolled back or killed before; a new try needs retry and a reason.' },
  LM_COMMAND_REFUSED: { kind: 'refused', when: 'The command does not apply to the state that the rollout or deployment is in.' },
  LM_PINNED: { kind: 'refused', when: 'A person pinned the champion; automation may not move it.' },
  LM_OFF_CONTRACT: { kind: 'refused', when: 'A model answered with missing, misshapen or non-finite outputs.' },
  LM_VARIANT_KILLED: { kind: 'gone', when: 'The variant was taken off and may not serve again until a person revives it.' },
  LM_DEPLOYMENT_RETIRED: { kind: 'gone', when: 'A person took the deployment out of service; restore brings it back.' },
  LM_BUSY: { kind: 'busy', when: 'A limit is reached for now; try again after the time given.' },
  LM_ORCHESTRATOR_UNAVAILABLE: { kind: 'unavailable', when: 'Temporal does not answer; nothing was started.' },
  LM_STORE_UNAVAILABLE: { kind: 'unavailable', when: 'MongoDB does not answer; nothing was changed.' },
  LM_REGISTRY_UNAVAILABLE: { kind: 'unavailable', when: 'The model registry does not answer.' },
  LM_BACKEND_UNAVAILABLE: { kind: 'unavailable', when: 'The serving backend does not answer or is not ready.' },
  LM_SINK_UNAVAILABLE: { kind: 'unavailable', when: 'A place for audit checkpoints does not take one; it is offered again.' },
  LM_GATEWAY_UNAVAILABLE: { kind: 'unavailable', when: 'No gateway answers, or it has no route that can.' },
  LM_API_UNAVAILABLE: { kind: 'unavailable', when: 'The lastmile API does not answer at the address at hand.' },
  LM_TOOL_UNAVAILABLE: { kind: 'unavailable', when: 'A server that lastmile runs locally can be had from none of its sources.' },
  LM_PORT_TAKEN: { kind: 'conflict', when: 'A port that a local process needs is taken; the message names its holder and how to move.' },
  LM_PROCESS_FAILED: { kind: 'unavailable', when: 'A process that lastmile runs locally ended or did not become ready; the end of its log is shown.' },
  LM_TRAINING_FAILED: { kind: 'refused', when: 'The training command ended with an error or produced no model.' },
  LM_TIMEOUT: { kind: 'timeout', when: 'An answer did not come within its limit.' },
  LM_INVARIANT: { kind: 'bug', when: 'Something that must hold does not: a defect of lastmile.' },
} as const satisfies Readonly<Record<string, { kind: Kind; when: string }>>;
export type Code = keyof typeof CATALOGUE;

/** One error that a user may meet: a stable code, a message that says what, which, and what to do. */
export class LastmileError extends Error {
  readonly code: Code;
  /** Facts for machines: field errors, known names, the number of the rollout in the way. Never secrets. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(code: Code, message: string, options: { cause?: unknown; details?: Record<string, unknown>; retryAfterMs?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LastmileError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  get kind(): Kind { return CATALOGUE[this.code].kind; }
  get retryable(): boolean { return RETRYABLE[this.kind]; }
}

/** True across module realms (Jest, workers), where instanceof is not. */
export function isLastmileError(value: unknown): value is LastmileError {
  return value instanceof Error && value.name === 'LastmileError' && 'code' in value && typeof value.code === 'string' && value.code in CATALOGUE;
}

/** The error for a name outside a closed set: it lists the known ones. */
export function unknownName(what: string, name: string, known: readonly string[]): LastmileError {
  return new LastmileError('LM_UNKNOWN_ADAPTER', `Unknown ${what} "${name}"; known: ${[...known].sort().join(', ')}.`, { details: { known: [...known].sort() } });
}
