import type { AuditAnswer, CheckpointsAnswer } from '../../api/contract.ts';
import type { AuditRecord } from '../../domain/audit.ts';
import type { Client } from '../client.ts';

const PAGE = 1_000;

export interface ChainQuery { readonly subject?: string | undefined; readonly action?: string | undefined; readonly actor?: string | undefined; readonly sinceMs?: number | undefined; readonly untilMs?: number | undefined }

/** The chain from behind `afterSeq` to its end, page by page. */
export async function* chainPages(client: Client, afterSeq: number, query: ChainQuery = {}): AsyncGenerator<readonly AuditRecord[]> {
  for (let after: number | null = afterSeq; after !== null;) {
    const page: AuditAnswer = await client.call('audit', { query: { ...query, afterSeq: after, limit: PAGE } });
    yield page.items;
    after = page.nextSeq;
  }
}

/** All checkpoints, with the tenant and the keys. */
export async function allCheckpoints(client: Client): Promise<CheckpointsAnswer> {
  let answer = await client.call('checkpoints', { query: { skip: 0, limit: PAGE } });
  const items = [...answer.items];
  while (answer.next !== null) {
    answer = await client.call('checkpoints', { query: { skip: answer.next, limit: PAGE } });
    items.push(...answer.items);
  }
  return { ...answer, items };
}
