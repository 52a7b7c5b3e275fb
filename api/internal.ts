import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { isDigest } from '../domain/digest.ts';
import { LastmileError } from '../domain/errors.ts';
import { IN_FLIGHT } from '../domain/traffic/route.ts';
import type { GatewaySync } from '../domain/traffic/table.ts';
import { authenticateService } from './auth.ts';
import { checked, readJson } from './body.ts';
import type { ApiPorts } from './call.ts';
import type { ControlChannel } from './control-channel.ts';

const count = z.number().int().min(0);
const id = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/);
const byUid = <Value extends z.ZodType>(value: Value): z.ZodRecord<z.ZodString, Value> => z.record(z.string().max(100), value);
const Stats = z.strictObject({
  startedAtMs: count, requests: count, refused: count, errors: count, mirrored: count, dropped: count, recordsPending: count, recordsLost: count, perVariant: byUid(count),
});
const Quiet = z.strictObject({ inFlight: count, aborted: count, drained: count, refused: count, lastSentAtMs: count.nullable() });
const OwnKill = z.strictObject({
  killId: id, targets: z.array(z.string().max(100)).min(1).max(1_000), inFlight: z.enum(IN_FLIGHT), atMs: count,
  actor: z.strictObject({ kind: z.enum(['person', 'service', 'workflow']), name: z.string().max(100) }),
});
const Sync = z.strictObject({
  gatewayId: id, incarnation: count, address: z.string().max(300), adminAddress: z.string().max(300).nullable(), tableDigest: z.string().max(100).nullable(),
  applied: byUid(count), ownKills: byUid(z.array(OwnKill).max(100)), quiet: byUid(Quiet), stats: Stats, waitMs: z.number().min(0).max(60_000),
}) satisfies z.ZodType<GatewaySync>;

/** Paths for our own processes, under the service token: the gateways' control channel, and packages by digest. */
export function internalRoutes(ports: ApiPorts, channel: ControlChannel): Router {
  const { settings } = ports;
  const router = Router();
  router.use((request, _response, next) => { authenticateService(request, [settings.serviceToken, ...settings.otherServiceTokens]); next(); });
  router.post('/gateways/sync', (request, response) => sync(ports, channel, request, response));
  router.delete('/gateways/:id', async (request, response) => {
    await channel.goodbye(checked(id, request.params.id, 'query'));
    response.status(204).end();
  });
  router.get('/artifacts/:digest', (request, response) => artifact(ports, request.params.digest, response));
  return router;
}

async function sync({ settings }: ApiPorts, channel: ControlChannel, request: Request, response: Response): Promise<void> {
  const body = checked(Sync, (await readJson(request, { bytes: settings.limits.bodyBytes, ms: settings.limits.bodyMs })).value, 'body');
  const gone = new AbortController();
  response.on('close', () => { if (!response.writableFinished) gone.abort(); });
  const answer = await channel.sync(body, gone.signal);
  if (!gone.signal.aborted) response.json(answer);
}

/** Bytes as they are; a damaged blob breaks the connection, so that nobody takes a part for the whole. */
async function artifact({ artifacts, log }: ApiPorts, digest: string, response: Response): Promise<void> {
  if (!isDigest(digest)) throw new LastmileError('LM_ARTIFACT_NOT_FOUND', 'A digest is sha256: and 64 hexadecimal digits.');
  const content = await artifacts.open(digest);
  response.setHeader('content-type', 'application/octet-stream');
  try {
    await pipeline(Readable.from(content), response);
  } catch (error) {
    log.warn('an artifact was not sent whole', { digest, error });
    response.destroy();
  }
}
