import { http } from './http.ts';
import { memory } from './memory.ts';
import { prometheus } from './prometheus.ts';

/** Every kind of system that external metrics can be read from. Add yours here. */
export const metricSources = { prometheus, http, memory } as const;
