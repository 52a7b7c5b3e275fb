import { memory } from './memory.ts';
import { temporal } from './temporal.ts';

/** Every orchestrator that lastmile can use. Add yours here. */
export const orchestrators = { temporal, memory } as const;
