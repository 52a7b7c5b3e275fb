import type { ServerResponse } from 'node:http';
import { isLive } from '../auth.ts';
import type { ApiPorts, Call, Handlers } from '../call.ts';
import type { StreamEvent } from '../contract.ts';
import type { EventHub } from '../events.ts';
import { deploymentNamed } from '../views.ts';

const HEARTBEAT_MS = 15_000;
/** A reader that is this far behind is let go; it comes back with its Last-Event-ID. */
const MOST_UNSENT_BYTES = 4 << 20;

export function eventRoutes(ports: ApiPorts, hub: EventHub): Pick<Handlers, 'events'> {
  return {
    async events(call) {
      const { principal: { tenant }, query: { deployment = null }, request } = call;
      if (deployment !== null) await deploymentNamed(ports, tenant, deployment);
      const given = request.headers['last-event-id'];
      const early: StreamEvent[] = [];
      let send = (event: StreamEvent): void => { early.push(event); };
      const stop = await hub.listen(tenant, typeof given === 'string' ? given : null, { deployment, send: (event) => { send(event); } });
      return {
        stream(response) {
          open(response);
          send = (event) => { write(response, `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`); };
          early.forEach(send);
          closeWithKey(ports, call, response, stop);
        },
      };
    },
  };
}

function open(response: ServerResponse): void {
  response.statusCode = 200;
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-accel-buffering', 'no');
  response.flushHeaders();
}

function write(response: ServerResponse, text: string): void {
  if (response.writableLength > MOST_UNSENT_BYTES) response.destroy();
  else response.write(text);
}

/** The stream ends when the reader goes, and within `keyCheckMs` of its key's end. */
function closeWithKey({ stores, clock, settings }: ApiPorts, { principal }: Call<'events'>, response: ServerResponse, stop: () => void): void {
  const heartbeat = setInterval(() => { write(response, ': here\n\n'); }, HEARTBEAT_MS);
  const keyCheck = setInterval(() => {
    stores.keys.byHash(principal.keyHash).then((key) => {
      if (key !== null && isLive(key, clock())) return;
      response.end(': the key is no longer valid\n\n');
    }, () => { /* The store is away: the next check decides. */ });
  }, settings.limits.keyCheckMs);
  const end = (): void => { clearInterval(heartbeat); clearInterval(keyCheck); stop(); };
  response.on('close', end);
  if (response.closed) end();
}
