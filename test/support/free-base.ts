import { freePort } from '../../scripts/supervisor/free-port.ts';
import { assertPortsFree } from '../../scripts/supervisor/ports.ts';

/** The first of ten free ports in a row: what LASTMILE_PORT_BASE takes. */
export async function freeBase(): Promise<number> {
  for (;;) {
    const first = Math.min(await freePort(), 65_000);
    const uses = Array.from({ length: 10 }, (_, index) => ({ title: 'any', host: '127.0.0.1', port: first + index }));
    if (await assertPortsFree(uses, first).then(() => true, () => false)) return first;
  }
}
