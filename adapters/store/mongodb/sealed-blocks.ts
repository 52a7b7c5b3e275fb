import type { ClientSession, Filter } from 'mongodb';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import { blocksIn, inOrder, outsidePages, pagesWithMore, summaryOf, type ClosedPage } from '../../../domain/analysis/closed-page.ts';
import type { Evidence } from '../../../domain/analysis/evidence.ts';
import { holds, pageOf, slotsOf, type EvidencePage } from '../../../domain/analysis/pages.ts';
import type { RolloutId, TenantId } from '../../../domain/ids.ts';
import type { EvidenceStore } from '../../../ports/evidence-store.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument, type Stored } from './documents.ts';
import { insertOnce } from './writes.ts';

type Sealed = Pick<EvidenceStore, 'seal' | 'blocks' | 'newestBlocks' | 'summary' | 'unpaged' | 'closePage'>;
type Which = Pick<MicroBlock, 'tenantId' | 'rolloutId' | 'metric'>;
interface Found { readonly pages: readonly EvidencePage[]; readonly blocks: readonly MicroBlock[]; readonly opened: readonly ClosedPage[] }

/** What the judge does not read of a page. */
const WITHOUT_BLOCKS = { lines: 0, sealedAtMs: 0 } as const;

/**
 * Single blocks, and the pages that take them in (ADR 0008). A page is inserted before its blocks are removed, so that between the two a block is in both, and
 * the page is believed.
 */
export function createSealedBlocks(database: Database): Sealed {
  const single = collection<MicroBlock>(database, 'blocks');
  const closed = collection<ClosedPage>(database, 'pages');

  /** Whether the page of this block has taken its slot in. */
  const isHeld = async (block: MicroBlock): Promise<boolean> => {
    if (block.sums.kind === 'paired') return false;
    const page = await closed.findOne({ _id: idOf(block, pageOf(block.slot)), tenantId: block.tenantId }, { projection: { runs: 1 } });
    return page !== null && holds(page, block.slot);
  };
  return {
    async seal(block) {
      const _id = idOf(block, block.slot);
      if (!await insertOnce(single, toDocument(_id, block.tenantId, block))) return false;
      // Looked for after the insert: no page can take the slot in and remove its block unseen. Until it is removed here, the page is believed.
      if (!await isHeld(block)) return true;
      await single.deleteOne({ _id, tenantId: block.tenantId });
      return false;
    },
    async blocks(tenantId, rolloutId) {
      const { opened, blocks } = await readAll(database, { tenantId, rolloutId }, true);
      return inOrder([...opened.flatMap(blocksIn), ...outsidePages(opened, blocks)]);
    },
    async newestBlocks(tenantId, rolloutId, { metric, limit }) {
      const found = await single.find({ tenantId, rolloutId, metric }).sort({ slot: -1 }).limit(limit).toArray();
      return found.reverse().map((each) => fromDocument<MicroBlock>(each));
    },
    async summary(tenantId, rolloutId): Promise<Evidence> {
      const { pages, blocks, opened } = await readAll(database, { tenantId, rolloutId }, false);
      return summaryOf(pages, blocks, opened);
    },
    async unpaged(tenantId, rolloutId, { metric, beforeSlot, limit }) {
      const found = await single.find({ tenantId, rolloutId, metric, slot: { $lt: beforeSlot } }, { readConcern: { level: 'snapshot' } }).sort({ slot: 1 }).limit(limit).toArray();
      return found.map((each) => fromDocument<MicroBlock>(each));
    },
    async closePage(page) {
      const _id = idOf(page, page.page);
      const isNew = await insertOnce(closed, toDocument(_id, page.tenantId, page));
      const stored = isNew ? page : await closed.findOne({ _id, tenantId: page.tenantId }, { projection: { runs: 1 } });
      await single.deleteMany({ _id: { $in: slotsOf(stored ?? { runs: [] }).map((slot) => idOf(page, slot)) }, tenantId: page.tenantId });
      return isNew;
    },
  };
}

/** Pages and single blocks of one moment: a block that moves into a page while they are read is not missed. */
async function readAll(database: Database, which: { readonly tenantId: TenantId; readonly rolloutId: RolloutId }, whole: boolean): Promise<Found> {
  return database.client.withSession({ snapshot: true }, async (session) => {
    const blocks = await inSnapshot<MicroBlock>(database, 'blocks', { session, filter: which });
    if (whole) {
      const opened = await inSnapshot<ClosedPage>(database, 'pages', { session, filter: which });
      return { blocks, pages: opened, opened };
    }
    const pages = await inSnapshot<EvidencePage>(database, 'pages', { session, filter: which, projection: WITHOUT_BLOCKS });
    const more = pagesWithMore(pages, outsidePages(pages, blocks)).map((page) => idOf(page, page.page));
    return { blocks, pages, opened: more.length === 0 ? [] : await inSnapshot<ClosedPage>(database, 'pages', { session, filter: { ...which, _id: { $in: more } } }) };
  });
}

async function inSnapshot<T>(database: Database, name: string, { session, filter, projection }: { session: ClientSession; filter: object; projection?: object }): Promise<readonly T[]> {
  const found = await collection<T>(database, name).find(filter as Filter<Stored<T>>, { session, readConcern: { level: 'snapshot' }, ...(projection === undefined ? {} : { projection }) }).toArray();
  return found.map((each) => fromDocument<T>(each as Stored<T>));
}

function idOf({ tenantId, rolloutId, metric }: Which, n: number): string { return `${tenantId}/${rolloutId}/${metric}/${n}`; }
