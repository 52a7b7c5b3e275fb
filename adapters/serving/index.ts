import { memory } from './memory.ts';
import { modelhost } from './modelhost.ts';
import { oip } from './oip.ts';

/** Every serving backend lastmile can use. Add yours here. */
export const backends = { modelhost, oip, memory } as const;
