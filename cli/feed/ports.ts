import type { Client } from '../client.ts';
import type { Gateway } from '../gateway.ts';
import { requestOf } from '../tensors.ts';
import type { ModelMetadata } from '../../domain/tensor.ts';
import type { FeedPorts } from './engine.ts';

/** The feed's world over HTTP: a gateway for requests, the API for outcomes. */
export function httpPorts(of: { readonly client: Client; readonly gateway: Gateway; readonly deployment: string; readonly metadata: ModelMetadata; readonly clock: 'event' | 'gateway'; readonly source: string }): FeedPorts {
  const { client, gateway, deployment, metadata, clock, source } = of;
  return {
    infer: async (row) => gateway.infer(deployment, requestOf(metadata, [row.features]), { eventMs: row.timeMs }),
    pushLabels: async (labels) => {
      const body = { labels: labels.map(({ inferenceId, value, dueMs }) => ({ inferenceId, value, source, ...(clock === 'event' ? { labelMs: dueMs } : {}) })) };
      const answer = await client.call('pushLabels', { params: { name: deployment }, body });
      return { refused: answer.refused.length };
    },
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
