import { ok, type ApiPorts, type Handlers } from '../call.ts';
import { health } from '../health.ts';

export function healthRoutes(ports: ApiPorts): Pick<Handlers, 'health'> {
  return { health: async () => ok(await health(ports)) };
}
