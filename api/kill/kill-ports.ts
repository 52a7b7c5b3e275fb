import type { ApiPorts } from '../call.ts';

/** What driving a kill stands on: no orchestrator, so that it works with Temporal gone. */
export type KillPorts = Pick<ApiPorts, 'stores' | 'backends' | 'notifier' | 'log' | 'clock' | 'settings'>;
