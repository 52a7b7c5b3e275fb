import type { Client } from '../../cli/client.ts';
import { feed, type FeedSummary } from '../../cli/feed/engine.ts';
import { httpPorts } from '../../cli/feed/ports.ts';
import type { Gateway } from '../../cli/gateway.ts';
import { isLastmileError } from '../../domain/errors.ts';
import type { ModelMetadata } from '../../domain/tensor.ts';
import { OUTCOME_DELAY_ROWS } from './stream.ts';
import { liveRows, readPosition, writePosition } from './traffic.ts';

export interface TrafficOptions {
  readonly client: Client;
  readonly gateway: Gateway;
  readonly deployment: string;
  readonly seed: number;
  readonly positionFile: string;
  readonly rate: () => number | null;
  readonly signal: AbortSignal;
}

/** The stream running in the background. `failed` rejects with what ended it; `stop` hands over what is due and keeps the position. */
export interface Traffic { readonly failed: Promise<never>; summary(): FeedSummary | null; stop(): Promise<FeedSummary | null> }

const CONCURRENCY = 12;
const SAVE_MS = 1_000;
/** The route reaches the gateways a moment after the promotion. */
const ROUTE_PATIENCE_MS = 15_000;

export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const { client, gateway, deployment, positionFile } = options;
  const metadata = await routed(gateway, deployment);
  const before = readPosition(positionFile);
  const stop = new AbortController();
  let newest: (() => FeedSummary) | null = null;
  let savedMs = Date.now();
  const keep = (summary: FeedSummary): void => { writePosition(positionFile, { nextRow: summary.nextRow ?? before.nextRow, pending: summary.pending }); };
  const running = feed(liveRows(options.seed, before.nextRow), httpPorts({ client, gateway, deployment, metadata, clock: 'event', source: 'market' }), {
    labelDelay: { rows: OUTCOME_DELAY_ROWS }, concurrency: CONCURRENCY, rate: options.rate, labelBatch: 500, clock: 'event', carried: before.pending,
    signal: AbortSignal.any([stop.signal, options.signal]),
    onProgress: (summary) => {
      newest = summary;
      if (Date.now() - savedMs >= SAVE_MS) { keep(summary()); savedMs = Date.now(); }
    },
  });
  const failed = running.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  return {
    failed, summary: () => newest?.() ?? null,
    stop: async () => {
      stop.abort();
      const summary = await running.catch(() => newest?.() ?? null);
      if (summary !== null) keep(summary);
      return summary;
    },
  };
}

/** The model's metadata, once a gateway has the route. */
async function routed(gateway: Gateway, deployment: string): Promise<ModelMetadata> {
  const until = Date.now() + ROUTE_PATIENCE_MS;
  for (;;) {
    try {
      return await gateway.metadata(deployment);
    } catch (error) {
      if (Date.now() > until || !isLastmileError(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
