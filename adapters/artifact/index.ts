import { filesystem } from './filesystem.ts';
import { memory } from './memory.ts';

/** Every artifact store lastmile can use. Add yours here. */
export const artifactStores = { filesystem, memory } as const;
