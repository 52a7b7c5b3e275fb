import { Context } from '@temporalio/activity';

const EVERY_MS = 2_000;

/** Runs long work with a heartbeat every two seconds and the signal that ends it when the workflow is cancelled. */
export async function withHeartbeat<T>(work: (signal: AbortSignal, note: (detail: string) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  let detail = '';
  const timer = setInterval(() => { context.heartbeat(detail); }, EVERY_MS);
  try {
    return await work(context.cancellationSignal, (text) => { detail = text; });
  } finally {
    clearInterval(timer);
  }
}
