import type { VariantId } from '../ids.ts';
import type { MicroBlock } from './blocks.ts';
import type { Evidence } from './evidence.ts';
import { fieldOf, placeOf } from './field.ts';
import type { EvidencePage } from './pages.ts';
import type { AnalysisPlan } from './plan.ts';

/** The evidence of one of the field, under plain names. */
export function evidenceOfOne(plan: AnalysisPlan, { blocks, pages }: Evidence, variantId: VariantId): Evidence {
  const mine = <T extends MicroBlock | EvidencePage>(all: readonly T[]): readonly T[] => {
    const place = fieldOf(plan).indexOf(variantId);
    return all.flatMap((one) => { const of = placeOf(one.metric); return of.place === place ? [{ ...one, metric: of.line }] : []; });
  };
  return { blocks: mine(blocks), pages: mine(pages) };
}
