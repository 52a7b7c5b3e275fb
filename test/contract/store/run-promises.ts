import { storePromises } from '../../../conformance/stores/stores.ts';
import type { Stores } from '../../../ports/stores.ts';

/** One test for each promise of each store port, all on the stores of one adapter. */
export function runStorePromises(adapter: string, open: () => Stores): void {
  let stores: Stores;
  beforeAll(async () => { stores = open(); await stores.prepare(); });
  afterAll(() => stores.close());
  for (const [port, suite] of Object.entries(storePromises)) {
    describe(`${adapter} ${port}`, () => {
      for (const [title, check] of Object.entries(suite)) test(title, () => check(stores));
    });
  }
}
