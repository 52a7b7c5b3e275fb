import { memory } from './memory/stores.ts';
import { mongodb } from './mongodb/stores.ts';

/** Every database that lastmile can keep its state in. Add yours here. */
export const stores = { mongodb, memory } as const;
