import type { ModelMetadata } from '../domain/tensor.ts';
import type { VariantRequest } from './variant-request.ts';

export type MemberState = 'loading' | 'ready' | 'failed';
export interface Counters { answered: number; refused: number; failed: number; restarts: number }

/** One variant that modelhost was asked to run. */
export interface Member {
  readonly request: VariantRequest;
  state: MemberState;
  /** Why it is not ready; null when it is. */
  reason: string | null;
  metadata: ModelMetadata | null;
  readonly counters: Counters;
  /** In a row. */
  failedLoads: number;
  inFlight: number;
  /** Called when inFlight falls to zero, while the variant is being unloaded. */
  onIdle: (() => void) | null;
}

export function newMember(request: VariantRequest): Member {
  return { request, state: 'loading', reason: 'loading', metadata: null, counters: { answered: 0, refused: 0, failed: 0, restarts: 0 }, failedLoads: 0, inFlight: 0, onIdle: null };
}

export function fail(member: Member, reason: string): void { member.state = 'failed'; member.reason = reason; member.metadata = null; }
export function wait(member: Member, reason: string): void { member.state = 'loading'; member.reason = reason; }
export function succeed(member: Member, metadata: ModelMetadata): void { member.state = 'ready'; member.reason = null; member.metadata = metadata; }
