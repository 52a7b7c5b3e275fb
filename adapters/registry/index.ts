import { filesystem } from './filesystem.ts';
import { memory } from './memory.ts';

/** Every model registry lastmile can read. Add yours here. */
export const registries = { filesystem, memory } as const;
