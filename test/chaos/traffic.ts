import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { linearOf } from '../support/onnx-models.ts';
import { GOOD } from './models.ts';
import type { Dice } from './seed.ts';

/** Attempts whose connection was refused, or ended before an answer: they are made again. */
export interface Cut { readonly startMs: number; readonly endMs: number; readonly code: string }
/** One request as its caller saw it; times are of the last attempt. `failure`: null is an answer of 200. */
export interface Seen { readonly lane: string; readonly startMs: number; readonly endMs: number; readonly status: number; readonly variant: string | null; readonly failure: string | null; readonly cuts: readonly Cut[] }

export interface Caller {
  readonly lane: string;
  /** Answers of 200 in a row that began after `atMs`. */
  goodSince(atMs: number): number;
  readonly asked: () => number;
  stop(): Promise<void>;
}

export interface CallerOptions {
  readonly gatewayUrl: string;
  readonly lane: string;
  readonly perSecond: number;
  readonly dice: Dice;
  /** Every answer and every failure. */
  readonly seen: (of: Seen) => void;
  /** The outcome of an answered request, where the lane has labels. */
  readonly outcome: ((inferenceId: string, value: 0 | 1) => void) | null;
}

/** Decision D9: refused connections are tried again inside this time; what was under way on a killed process may fail. */
const DEADLINE_MS = 15_000;
const CONNECTIONS = 4;

/** Asks at a steady pace, never more than a few at once, over connections of its own that the system spreads over all gateways of the port. */
export function startCaller(options: CallerOptions): Caller {
  const pool = new Pool(options.gatewayUrl, { connections: CONNECTIONS, pipelining: 1, keepAliveTimeout: 2_000, headersTimeout: DEADLINE_MS, bodyTimeout: DEADLINE_MS });
  let stopped = false;
  let asked = 0;
  let good: number[] = [];
  const underWay = new Set<Promise<void>>();
  const one = async (): Promise<void> => {
    asked += 1;
    const features = [options.dice.between(-2, 4), options.dice.between(1, 3), options.dice.between(20, 60)];
    const { seen, inferenceId } = await ask(pool, { lane: options.lane, id: `${options.lane}-${String(asked)}`, features });
    options.seen(seen);
    if (seen.failure === null) good.push(seen.startMs); else good = [];
    if (good.length > 100) good = good.slice(-50);
    if (inferenceId !== null) options.outcome?.(inferenceId, linearOf(GOOD, features) > 0 ? 1 : 0);
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      if (underWay.size < 2 * CONNECTIONS) {
        const asking = one().finally(() => { underWay.delete(asking); });
        underWay.add(asking);
      }
      await delay(1_000 / options.perSecond);
    }
  };
  const running = run();
  return {
    lane: options.lane, asked: () => asked, goodSince: (atMs) => good.filter((startMs) => startMs >= atMs).length,
    async stop() { stopped = true; await running; await Promise.all(underWay); await pool.destroy(); },
  };
}

/** The connection was refused or ended before an answer: the only kind that is tried again. */
async function ask(pool: Pool, of: { readonly lane: string; readonly id: string; readonly features: readonly number[] }): Promise<{ seen: Seen; inferenceId: string | null }> {
  const beganMs = Date.now();
  const cuts: Cut[] = [];
  for (;;) {
    const startMs = Date.now();
    const body = JSON.stringify({ id: `${of.id}-${String(cuts.length)}`, inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: of.features }] });
    try {
      const { statusCode, headers, body: answer } = await pool.request({ method: 'POST', path: `/v2/models/${of.lane}/infer`, headers: { 'content-type': 'application/json' }, body });
      const text = await answer.text();
      const header = (name: string): string | null => { const value = headers[name]; return typeof value === 'string' ? value : null; };
      const seen: Seen = { lane: of.lane, startMs, endMs: Date.now(), status: statusCode, variant: header('x-lastmile-variant'), failure: statusCode === 200 ? null : `${String(statusCode)} ${text.slice(0, 160)}`, cuts };
      return { seen, inferenceId: statusCode === 200 ? header('x-lastmile-inference-id') : null };
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string };
      if (Date.now() - beganMs < DEADLINE_MS && !code.includes('TIMEOUT') && code !== 'UND_ERR_DESTROYED') {
        cuts.push({ startMs, endMs: Date.now(), code: code === '' ? message : code });
        await delay(20);
        continue;
      }
      return { seen: { lane: of.lane, startMs, endMs: Date.now(), status: 0, variant: null, failure: `${code} ${message}`, cuts }, inferenceId: null };
    }
  }
}
