import { file } from './file.ts';
import { memory } from './memory.ts';
import { webhook } from './webhook.ts';

/** Every place that audit checkpoints can be kept in. Add yours here. */
export const checkpointSinks = { file, memory, webhook } as const;
