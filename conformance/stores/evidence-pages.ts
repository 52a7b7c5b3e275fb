import assert from 'node:assert/strict';
import type { MicroBlock } from '../../domain/analysis/blocks.ts';
import { closedPage } from '../../domain/analysis/closed-page.ts';
import { evidenceDigest } from '../../domain/analysis/evidence-digest.ts';
import type { Evidence } from '../../domain/analysis/evidence.ts';
import { PAGE_SLOTS, pageFrom, type EvidencePage } from '../../domain/analysis/pages.ts';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import { sampleBlock, sampleRate } from './samples.ts';
import { newScope, type Scope, type Suite } from './suite.ts';

/** Closing a page moves blocks; nobody who asks for evidence may notice. */
export const evidencePagePromises: Suite<EvidenceStore> = {
  'a closed page gives back its blocks as they were, odd ones too': async (evidence) => {
    const scope = newScope();
    const odd = sampleRate(scope, 7, { state: 'short', sums: { kind: 'rate', champion: { n: Number.NaN, bad: -0 }, challengerServing: { n: Infinity, bad: 1e-7 }, challengerShadow: { n: 2 ** 53, bad: -1 }, championShadow: { n: 0.1, bad: 0 } } });
    const shares = [[], [[500, 1, 20], [2_500, 9, 40]]].map((cells, slot) => sampleRate(scope, slot, { metric: 'share', sums: { kind: 'share', cells: cells.map(([challengerPer10k = 0, challenger = 0, total = 0]) => ({ challengerPer10k, challenger, total })) } }));
    const blocks = [...shares, sampleRate(scope, 3), odd, sampleRate(scope, PAGE_SLOTS)];
    await sealAll(evidence, [...blocks, sampleBlock(scope)]);
    const before = await evidence.blocks(scope.tenant, idOf(scope));
    assert.equal(before.length, 6);
    assert.equal(await evidence.closePage(closedPage([sampleRate(scope, 3), odd])), true);
    assert.equal(await evidence.closePage(closedPage(shares)), true);
    assert.deepEqual(await evidence.blocks(scope.tenant, idOf(scope)), before);
    assert.deepEqual(await singles(evidence, scope), [PAGE_SLOTS]);
  },
  'the summary tells pages in brief and the rest as blocks, and adds up to the blocks': async (evidence) => {
    const scope = newScope();
    const blocks = [...rates(scope, [0, 1, 2, 5, 6, PAGE_SLOTS - 1]), ...rates(scope, [PAGE_SLOTS, PAGE_SLOTS + 9])];
    await sealAll(evidence, [...blocks, sampleBlock(scope)]);
    assert.deepEqual((await evidence.summary(scope.tenant, idOf(scope))).pages, []);
    await evidence.closePage(closedPage(blocks.slice(0, 6)));
    const { pages, blocks: single } = await evidence.summary(scope.tenant, idOf(scope));
    assert.deepEqual(pages, [pageFrom(blocks.slice(0, 6))]);
    const slots = [0, 1, 2, 5, 6, PAGE_SLOTS - 1];
    const n = slots.reduce((sum, slot) => sum + 1_000 + slot, 0);
    assert.deepEqual(pages[0]?.totals, { kind: 'rate', champion: { n, bad: 0 }, challengerServing: { n, bad: 6 }, challengerShadow: { n, bad: slots.reduce((sum, slot) => sum + slot % 3, 0) }, championShadow: { n: 0, bad: 0 } });
    assert.deepEqual([pages[0].sealed, pages[0].short], [6, 0]);
    assert.deepEqual(pages[0].runs, [[0, 2], [5, 6], [PAGE_SLOTS - 1, PAGE_SLOTS - 1]]);
    assert.deepEqual([...single].sort((a, b) => a.slot - b.slot), [sampleBlock(scope), ...blocks.slice(6)]);
  },
  'a page closes once; what is left behind of it is removed by the next one who tries': async (evidence) => {
    const scope = newScope();
    const blocks = rates(scope, [0, 1, 2]);
    await sealAll(evidence, blocks);
    assert.equal(await evidence.closePage(closedPage(blocks)), true);
    const stored = await evidence.blocks(scope.tenant, idOf(scope));
    assert.equal(await evidence.closePage(closedPage([sampleRate(scope, 1, { sealedAtMs: 1 })])), false);
    assert.deepEqual(await evidence.blocks(scope.tenant, idOf(scope)), stored);
    assert.deepEqual(await singles(evidence, scope), []);
  },
  'a repeat of a block in a closed page is none, and counts once': async (evidence) => {
    const scope = newScope();
    const blocks = rates(scope, [0, 1, 2]);
    await sealAll(evidence, blocks);
    await evidence.closePage(closedPage(blocks));
    const before = await digest(evidence, scope);
    assert.equal(await evidence.seal(sampleRate(scope, 1, { sealedAtMs: 77 })), false);
    assert.deepEqual(await evidence.blocks(scope.tenant, idOf(scope)), blocks);
    assert.equal(await digest(evidence, scope), before);
    assert.deepEqual(await singles(evidence, scope), []);
  },
  'a block that the closer of its page had not seen is kept and counts': async (evidence) => {
    const scope = newScope();
    const blocks = rates(scope, [0, 1, 2]);
    const late = blocks.slice(1, 2);
    await sealAll(evidence, blocks);
    await evidence.closePage(closedPage([...blocks.slice(0, 1), ...blocks.slice(2)]));
    assert.deepEqual(await evidence.blocks(scope.tenant, idOf(scope)), blocks);
    assert.equal(await digest(evidence, scope), digestOfAll({ pages: [], blocks }));
    assert.equal(await evidence.closePage(closedPage(late)), false);
    assert.deepEqual(await evidence.blocks(scope.tenant, idOf(scope)), blocks);
    assert.equal(await evidence.seal(sampleRate(scope, 1, { sealedAtMs: 77 })), false);
  },
  'many may seal, close and read at once: no block is missed or doubled at any moment': async (evidence) => {
    const scope = newScope();
    const blocks = rates(scope, Array.from({ length: 4 }, (_, page) => Array.from({ length: 6 }, (_one, i) => page * PAGE_SLOTS + i)).flat());
    await sealAll(evidence, blocks);
    const close = async (): Promise<void> => {
      for (let page = 0; page < 4; page += 1) {
        const found = (await evidence.unpaged(scope.tenant, idOf(scope), { metric: 'errors', beforeSlot: (page + 1) * PAGE_SLOTS, limit: 1_000 })).filter(({ slot }) => slot >= page * PAGE_SLOTS);
        if (found.length > 0) await evidence.closePage(closedPage(found));
      }
    };
    const repeat = async (): Promise<void> => { for (const block of blocks) await evidence.seal({ ...block, sealedAtMs: 1 }); };
    const wanted = digestOfAll({ pages: [], blocks });
    const read = async (): Promise<void> => {
      for (let i = 0; i < 12; i += 1) {
        assert.equal(await digest(evidence, scope), wanted);
        assert.deepEqual(await evidence.blocks(scope.tenant, idOf(scope)), blocks);
      }
    };
    await Promise.all([close(), close(), close(), repeat(), read(), read()]);
    assert.equal((await evidence.summary(scope.tenant, idOf(scope))).pages.length, 4);
    assert.deepEqual(await singles(evidence, scope), []);
  },
  'what no page has taken in comes by slot, of one metric, below a slot, so many at a time': async (evidence) => {
    const scope = newScope();
    await sealAll(evidence, [...rates(scope, [9, -1, 4, 5]), sampleRate(scope, 3, { metric: 'latency' }), sampleRate(scope, 2, { rolloutId: `${scope.uid}/2` })]);
    const slots = async (beforeSlot: number, limit: number): Promise<readonly number[]> => (await evidence.unpaged(scope.tenant, idOf(scope), { metric: 'errors', beforeSlot, limit })).map(({ slot }) => slot);
    assert.deepEqual(await slots(9, 100), [-1, 4, 5]);
    assert.deepEqual(await slots(9, 2), [-1, 4]);
  },
  'another tenant sees no page, can close its own, and loses no block to ours': async (evidence) => {
    const scope = newScope();
    const theirs = { ...scope, tenant: scope.other };
    await sealAll(evidence, [...rates(scope, [0, 1]), ...rates(theirs, [0, 1])]);
    await evidence.closePage(closedPage(rates(scope, [0, 1])));
    assert.deepEqual(await evidence.summary(scope.other, idOf(scope)).then(({ pages, blocks }) => [pages.length, blocks.length]), [0, 2]);
    assert.equal(await evidence.seal(sampleRate(theirs, 2)), true);
    assert.equal(await evidence.closePage(closedPage(rates(theirs, [0, 1, 2]))), true);
    assert.deepEqual(await evidence.blocks(scope.tenant, idOf(scope)), rates(scope, [0, 1]));
  },
};

function idOf({ uid }: Scope): string { return `${uid}/1`; }
function rates(scope: Scope, slots: readonly number[]): readonly MicroBlock[] { return slots.map((slot) => sampleRate(scope, slot)); }
async function sealAll(evidence: EvidenceStore, blocks: readonly MicroBlock[]): Promise<void> { for (const block of blocks) assert.equal(await evidence.seal(block), true); }

/** Slots of the rate that stand as blocks of their own. */
async function singles(evidence: EvidenceStore, scope: Scope): Promise<readonly number[]> {
  return (await evidence.unpaged(scope.tenant, idOf(scope), { metric: 'errors', beforeSlot: Number.MAX_SAFE_INTEGER, limit: 1_000 })).map(({ slot }) => slot);
}

async function digest(evidence: EvidenceStore, scope: Scope): Promise<string> { return digestOfAll(await evidence.summary(scope.tenant, idOf(scope))); }

/** The digest of evidence of one rate, its open pages made now. */
function digestOfAll({ pages, blocks }: Evidence): string {
  const open = new Map<number, MicroBlock[]>();
  for (const block of blocks) open.set(Math.floor(block.slot / PAGE_SLOTS), [...open.get(Math.floor(block.slot / PAGE_SLOTS)) ?? [], block]);
  const all: readonly EvidencePage[] = [...pages, ...[...open.values()].map(pageFrom)].sort((a, b) => a.page - b.page);
  return evidenceDigest({ blocks: [], pages: all });
}
