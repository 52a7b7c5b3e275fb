import { assertPortsFree } from '../../scripts/supervisor/ports.ts';

/** Below the ports that systems give to outgoing connections and to `listen(0)`: one of those could be taken between two starts of the same test. */
const [FROM, TO] = [20_000, 32_000];
const COUNT = 10;

/** The first of ten free ports in a row: what LASTMILE_PORT_BASE takes. */
export async function freeBase(): Promise<number> {
  for (;;) {
    const first = FROM + COUNT * Math.floor(Math.random() * ((TO - FROM) / COUNT));
    const uses = Array.from({ length: COUNT }, (_, index) => ({ title: 'any', host: '127.0.0.1', port: first + index }));
    if (await assertPortsFree(uses, first).then(() => true, () => false)) return first;
  }
}
