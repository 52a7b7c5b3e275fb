import { log } from './log.ts';
import { webhook } from './webhook.ts';

/** Every way lastmile can tell people. Add yours here. */
export const notifiers = { log, webhook } as const;
