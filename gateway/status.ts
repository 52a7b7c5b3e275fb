import { LastmileError } from '../domain/errors.ts';
import type { GatewayStats } from '../domain/traffic/table.ts';
import { hasServiceToken } from './caller.ts';
import type { Context } from './context.ts';

/** The counts that a gateway tells the API at each sync and anyone with the service token at GET /status. */
export function statsOf({ counters, queue }: Pick<Context, 'counters' | 'queue'>): GatewayStats {
  const { perVariant, ...counts } = counters;
  return { ...counts, recordsPending: queue.pending(), recordsLost: queue.lost(), perVariant: Object.fromEntries(perVariant) };
}

export function statusOfGateway(context: Context, authorization: string | undefined): object {
  if (!hasServiceToken(authorization, context.serviceTokens)) throw new LastmileError('LM_UNAUTHENTICATED', 'GET /status needs the service token of this installation.');
  const { table } = context;
  return { ...context.identity, ...statsOf(context), tableDigest: table.digest(), applied: table.applied(), leaseLost: table.leaseLost() };
}
