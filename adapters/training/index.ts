import { command } from './command.ts';

/** Every trainer that lastmile can run. Add yours here. */
export const trainers = { command } as const;
