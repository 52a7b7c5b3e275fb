import type { Log } from '../config/log.ts';
import { CATALOGUE, isLastmileError, LastmileError, type Code } from '../domain/errors.ts';
import type { ModelMetadata } from '../domain/tensor.ts';
import { startChild, type Answer, type Child } from './child-process.ts';
import { fail, succeed, wait, type Member } from './member.ts';
import type { ModelSource } from './model-source.ts';

/** Loads that ended the process in a row, after which a variant is not tried again. */
const MOST_CRASHES = 3;
const LOAD_LIMIT_MS = 300_000;
const INFER_LIMIT_MS = 30_000;
const UNLOAD_LIMIT_MS = 2_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;
/** A child that lived this long starts its back-off anew. */
const STEADY_MS = 60_000;

/**
 * One child process and the variants in it: one with isolation `process`, several small ones with `shared`. When the child ends though
 * nobody asked for it, it is started again after a growing pause with every variant that it held.
 */
export class Group {
  readonly #source: ModelSource;
  readonly #log: Log;
  readonly #members = new Map<number, Member>();
  #child: Child | null = null;
  #lastSlot = 0;
  #crashes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(source: ModelSource, log: Log) { this.#source = source; this.#log = log; }

  get size(): number { return this.#members.size; }
  get pid(): number | null { return this.#child?.pid ?? null; }

  /** Loads a variant beside those that are here. When it cannot be loaded it is not kept, and the others go on. */
  async add(member: Member): Promise<void> {
    this.#lastSlot += 1;
    const slot = this.#lastSlot;
    this.#members.set(slot, member);
    try {
      await this.#load(this.#running(), slot, member);
    } catch (error) {
      this.#members.delete(slot);
      if (this.#members.size === 0) await this.close();
      throw error;
    }
  }

  /** Keeps a variant whatever happens on the first attempt: for what ran before a restart of modelhost. */
  async restore(member: Member): Promise<void> {
    this.#lastSlot += 1;
    this.#members.set(this.#lastSlot, member);
    await this.#tryLoad(this.#running(), this.#lastSlot, member);
  }

  /** Hot path. */
  infer(member: Member, body: Buffer): Promise<Answer> {
    const slot = this.#slotOf(member);
    if (slot === null || this.#child === null) return Promise.reject(new LastmileError('LM_BACKEND_UNAVAILABLE', `The model is not ready: ${member.reason ?? 'unloading'}.`));
    return this.#child.call('infer', slot, body, INFER_LIMIT_MS);
  }

  /** Returns when the variant is out of the process, which is gone too when it was the last. `atOnce` ends the process; the others come back in a new one. */
  async remove(member: Member, atOnce: boolean): Promise<void> {
    const slot = this.#slotOf(member);
    if (slot === null) return;
    this.#members.delete(slot);
    if (this.#members.size === 0) { await this.close(); return; }
    if (atOnce) { await this.#child?.kill(); return; }
    await this.#child?.call('unload', slot, EMPTY, UNLOAD_LIMIT_MS).catch((error: unknown) => { this.#log.warn('unload failed; the shared child is restarted', { error }); });
  }

  async close(): Promise<void> {
    this.#members.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    const child = this.#child;
    this.#child = null;
    await child?.kill();
  }

  #slotOf(member: Member): number | null {
    for (const [slot, one] of this.#members) if (one === member) return slot;
    return null;
  }

  #running(): Child {
    if (this.#child !== null) return this.#child;
    const child = startChild();
    const sinceMs = performance.now();
    this.#child = child;
    void child.ended.then((why) => { if (this.#child === child) this.#crashed(why, performance.now() - sinceMs); });
    return child;
  }

  #crashed(why: string, livedMs: number): void {
    this.#child = null;
    if (this.#members.size === 0) return;
    this.#crashes = livedMs > STEADY_MS ? 1 : this.#crashes + 1;
    const pauseMs = pauseOf(this.#crashes);
    for (const member of this.#members.values()) {
      if (member.state === 'failed') continue;
      member.counters.restarts += 1;
      wait(member, `its process ${why}; restart in ${String(pauseMs)} ms`);
    }
    this.#log.warn('a model process ended and is restarted', { why, pauseMs, variants: [...this.#members.values()].map(({ request }) => request.variantId) });
    this.#timer = setTimeout(() => { void this.#reload(); }, pauseMs);
  }

  async #reload(): Promise<void> {
    if (this.#members.size === 0) return;
    const child = this.#running();
    for (const [slot, member] of this.#members) if (member.state !== 'failed') await this.#tryLoad(child, slot, member);
  }

  /** A refusal is final, and so is ending the process again and again. What could not be had (a blob, say) is tried again later. */
  async #tryLoad(child: Child, slot: number, member: Member): Promise<void> {
    try {
      await this.#load(child, slot, member);
      member.failedLoads = 0;
    } catch (error) {
      if (this.#members.get(slot) !== member) return;
      const text = error instanceof Error ? error.message : String(error);
      const crashed = this.#child !== child;
      member.failedLoads += 1;
      if ((isLastmileError(error) && error.kind === 'refused') || (crashed && member.failedLoads >= MOST_CRASHES)) fail(member, text);
      else wait(member, text);
      this.#log.warn('variant not loaded', { variantId: member.request.variantId, state: member.state, error });
      if (!crashed && member.state === 'loading') setTimeout(() => { void this.#again(slot, member); }, pauseOf(member.failedLoads)).unref();
    }
  }

  async #again(slot: number, member: Member): Promise<void> {
    if (this.#members.get(slot) === member && member.state === 'loading' && this.#child !== null) await this.#tryLoad(this.#child, slot, member);
  }

  async #load(child: Child, slot: number, member: Member): Promise<void> {
    const { servedName, servedVersion, resources } = member.request;
    const { onnx } = await this.#source.read(member.request);
    const header = Buffer.from(`${JSON.stringify({ servedName, servedVersion, threads: resources.threads })}\n`);
    const answer = await child.call('load', slot, Buffer.concat([header, onnx]), LOAD_LIMIT_MS);
    if (answer.status !== 200) throw loadError(answer);
    if (this.#members.get(slot) === member) succeed(member, JSON.parse(answer.body.toString('utf8')) as ModelMetadata);
  }
}

const EMPTY = Buffer.alloc(0);
function pauseOf(failures: number): number { return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1)); }

function loadError({ body }: Answer): LastmileError {
  const { error = 'no reason given', code = 'LM_VALIDATION_FAILED' } = JSON.parse(body.toString('utf8')) as { error?: string; code?: string };
  return new LastmileError(code in CATALOGUE ? code as Code : 'LM_VALIDATION_FAILED', error);
}
