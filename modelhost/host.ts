import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../config/log.ts';
import { isLastmileError, LastmileError } from '../domain/errors.ts';
import type { ModelMetadata } from '../domain/tensor.ts';
import type { Answer } from './child-process.ts';
import { Group } from './group.ts';
import { newMember, type Counters, type Member, type MemberState } from './member.ts';
import type { ModelSource } from './model-source.ts';
import type { VariantRequest } from './variant-request.ts';
import type { WantedFile } from './wanted.ts';

/** Small variants with isolation `shared` per child (decision D9). */
const SHARED_PER_CHILD = 8;
const MOST_IN_FLIGHT = 512;
const DRAIN_MS = 1_000;

export interface VariantStatus { readonly state: MemberState | 'absent'; readonly reason: string | null; readonly counters: Readonly<Counters> | null; readonly pid: number | null }
/** What a killed variant had answered when it was ended (null: it was not running), and how many requests still came for it since. */
export interface Ended { readonly requests: number | null; requestsAfter: number }
interface Placed { readonly member: Member; readonly group: Group; readonly shared: boolean }

/** The variants of this process: what runs, what should, and what never may. */
export class Host {
  readonly #source: ModelSource;
  readonly #file: WantedFile;
  readonly #log: Log;
  readonly #placed = new Map<string, Placed>();
  readonly #tombstones = new Map<string, Ended>();
  readonly #turns = new Map<string, Promise<unknown>>();
  #restored = false;

  constructor(of: { source: ModelSource; file: WantedFile; log: Log }) { this.#source = of.source; this.#file = of.file; this.#log = of.log; }

  /** Reads what should run and starts it in the background; returns once the tombstones are known. */
  async start(): Promise<void> {
    const { variants, tombstones } = await this.#file.read();
    for (const id of tombstones) this.#tombstones.set(id, { requests: null, requestsAfter: 0 });
    const kept = variants.filter(({ variantId }) => !this.#tombstones.has(variantId));
    const starting = kept.map((request) => this.#inTurn(request.variantId, () => {
      const placed = this.#place(request);
      return placed.group.restore(placed.member);
    }));
    void Promise.all(starting).then(() => { this.#restored = true; });
  }

  /** True once everything that ran before the last stop was tried. */
  get restored(): boolean { return this.#restored; }

  /** Loads a variant and returns when it answers; the same request again finds it there. */
  put(request: VariantRequest): Promise<VariantStatus> {
    return this.#inTurn(request.variantId, async () => {
      const { variantId } = request;
      if (this.#tombstones.has(variantId)) throw killed(variantId);
      const known = this.#placed.get(variantId);
      if (known !== undefined && !sameModel(known.member.request, request)) throw new LastmileError('LM_CONFLICT', `Variant ${variantId} runs with other bytes, names or resources; unload it first.`);
      if (known?.member.state === 'ready') return this.status(variantId);
      if (known !== undefined) await this.#drop(known);
      const placed = this.#place(request);
      try {
        await placed.group.add(placed.member);
      } catch (error) {
        if (this.#placed.get(variantId) === placed) this.#placed.delete(variantId);
        throw this.#tombstones.has(variantId) ? killed(variantId) : crashedWhileLoading(error, variantId);
      }
      await this.#save();
      this.#log.info('variant ready', { variantId, servedName: request.servedName, servedVersion: request.servedVersion, pid: placed.group.pid });
      return this.status(variantId);
    });
  }

  /** Returns when no process answers for the variant; requests under way may end within a second. */
  remove(variantId: string): Promise<void> {
    return this.#inTurn(variantId, async () => {
      const placed = this.#placed.get(variantId);
      this.#placed.delete(variantId);
      await this.#save();
      if (placed === undefined) return;
      await drained(placed.member);
      await placed.group.remove(placed.member, false);
      await this.#forget(placed.member.request);
      this.#log.info('variant unloaded', { variantId });
    });
  }

  /**
   * The backend fence of a kill (decision D4): ends the process of the variant at once, with what is in flight, without waiting for a load that may be
   * under way, and never starts it again until it is revived. Good for a variant that was never here. One of another tenant is left alone, without a word.
   */
  async kill(variantId: string, tenant: string | null): Promise<Readonly<Ended>> {
    const placed = this.#placed.get(variantId);
    if (placed !== undefined && tenant !== null && placed.member.request.tenant !== tenant) return { requests: null, requestsAfter: 0 };
    const ended = this.#tombstones.get(variantId) ?? { requests: placed === undefined ? null : requestsOf(placed.member.counters), requestsAfter: 0 };
    this.#tombstones.set(variantId, ended);
    this.#placed.delete(variantId);
    await placed?.group.remove(placed.member, true);
    await this.#save();
    if (placed !== undefined) {
      await this.#forget(placed.member.request);
      this.#log.warn('variant killed', { variantId, requests: ended.requests });
    }
    return { ...ended };
  }

  /** A person took the kill back: the variant may be loaded again. */
  revive(variantId: string): Promise<void> {
    return this.#inTurn(variantId, async () => {
      if (this.#tombstones.delete(variantId)) await this.#save();
    });
  }

  status(variantId: string): VariantStatus {
    const placed = this.#placed.get(variantId);
    if (placed === undefined) return { state: 'absent', reason: this.#tombstones.has(variantId) ? 'killed' : null, counters: null, pid: null };
    const { state, reason, counters } = placed.member;
    return { state, reason, counters: { ...counters }, pid: placed.group.pid };
  }

  list(): Readonly<Record<string, VariantStatus>> { return Object.fromEntries([...this.#placed.keys(), ...this.#tombstones.keys()].sort().map((id) => [id, this.status(id)])); }

  /** What the variant says of itself; LM_VARIANT_NOT_FOUND, LM_VARIANT_KILLED, LM_BACKEND_UNAVAILABLE. */
  metadata(variantId: string): ModelMetadata { return this.#ready(variantId).metadata; }

  /** One request. Errors as `metadata`, and LM_BUSY, LM_TIMEOUT. */
  async infer(variantId: string, body: Buffer): Promise<Answer> {
    const { placed: { member, group } } = this.#ready(variantId);
    if (member.inFlight >= MOST_IN_FLIGHT) throw new LastmileError('LM_BUSY', `Variant ${variantId} has ${MOST_IN_FLIGHT} requests in flight.`, { retryAfterMs: 100 });
    member.inFlight += 1;
    try {
      const answer = await group.infer(member, body);
      count(member.counters, answer.status);
      return answer;
    } catch (error) {
      member.counters.failed += 1;
      throw error;
    } finally {
      member.inFlight -= 1;
      if (member.inFlight === 0) member.onIdle?.();
    }
  }

  async stop(): Promise<void> { await Promise.all([...this.#groups()].map((group) => group.close())); }

  #groups(): Set<Group> { return new Set([...this.#placed.values()].map(({ group }) => group)); }

  #ready(variantId: string): { placed: Placed; metadata: ModelMetadata } {
    const placed = this.#placed.get(variantId);
    if (placed === undefined) throw this.#absent(variantId);
    const { state, reason, metadata } = placed.member;
    if (state !== 'ready' || metadata === null) throw new LastmileError('LM_BACKEND_UNAVAILABLE', `Variant ${variantId} is ${state}: ${reason ?? 'no reason known'}.`, { retryAfterMs: 500 });
    return { placed, metadata };
  }

  /** Whoever still asks for a killed variant is counted: it sends past the gateways, or a gateway does not obey. */
  #absent(variantId: string): LastmileError {
    const ended = this.#tombstones.get(variantId);
    if (ended === undefined) return new LastmileError('LM_VARIANT_NOT_FOUND', `modelhost runs no variant ${variantId}.`);
    ended.requestsAfter += 1;
    return killed(variantId);
  }

  #place(request: VariantRequest): Placed {
    const shared = request.resources.isolation === 'shared';
    const open = shared ? [...this.#placed.values()].find((one) => one.shared && one.group.size < SHARED_PER_CHILD)?.group : undefined;
    const placed = { member: newMember(request), group: open ?? new Group(this.#source, this.#log), shared };
    this.#placed.set(request.variantId, placed);
    return placed;
  }

  async #drop(placed: Placed): Promise<void> {
    this.#placed.delete(placed.member.request.variantId);
    await placed.group.remove(placed.member, false);
  }

  #save(): Promise<void> {
    return this.#file.write({ variants: [...this.#placed.values()].filter(({ member }) => member.state !== 'failed').map(({ member }) => member.request), tombstones: [...this.#tombstones.keys()].sort() });
  }

  async #forget(request: VariantRequest): Promise<void> {
    const needed = await Promise.all([...this.#placed.values()].map(({ member }) => this.#source.blobs(member.request)));
    const kept = new Set(needed.flat());
    await this.#source.forget((await this.#source.blobs(request)).filter((digest) => !kept.has(digest)));
  }

  /** Loads and unloads of one variant happen one after another. */
  #inTurn<T>(variantId: string, step: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(variantId) ?? Promise.resolve()).then(step, step);
    const settled = turn.then(() => undefined, () => undefined);
    this.#turns.set(variantId, settled);
    void settled.then(() => { if (this.#turns.get(variantId) === settled) this.#turns.delete(variantId); });
    return turn;
  }
}

function sameModel(a: VariantRequest, b: VariantRequest): boolean {
  const model = ({ artifactDigest, bundleDigest, servedName, servedVersion, resources }: VariantRequest): unknown => ({ artifactDigest, bundleDigest, servedName, servedVersion, resources });
  return isDeepStrictEqual(model(a), model(b));
}

function count(counters: Counters, status: number): void {
  if (status < 400) counters.answered += 1;
  else if (status < 500) counters.refused += 1;
  else counters.failed += 1;
}

function requestsOf({ answered, refused, failed }: Counters): number { return answered + refused + failed; }

/** In-flight requests end, or a second passes. */
async function drained(member: Member): Promise<void> {
  if (member.inFlight === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    member.onIdle = () => { clearTimeout(timer); resolve(); };
  });
}

function killed(variantId: string): LastmileError { return new LastmileError('LM_VARIANT_KILLED', `Variant ${variantId} was taken off and is not started again until a person revives it.`); }

/** A child that ends while it loads a model was ended by the model. */
function crashedWhileLoading(error: unknown, variantId: string): unknown {
  if (!isLastmileError(error) || error.code !== 'LM_BACKEND_UNAVAILABLE' || !error.message.startsWith("The model's process")) return error;
  return new LastmileError('LM_VALIDATION_FAILED', `Variant ${variantId} ended its process while it was loaded: ${error.message}`, { cause: error });
}
