import type { VariantId } from '../ids.ts';
import type { MicroBlock } from './blocks.ts';
import type { Evidence } from './evidence.ts';
import { placeOf } from './field.ts';
import type { EvidencePage } from './pages.ts';
import type { AnalysisPlan } from './plan.ts';

/** The evidence of one of the field, under plain names. */
export function evidenceOfOne(plan: AnalysisPlan, evidence: Evidence, variantId: VariantId): Evidence {
  if (plan.field === undefined) return evidence;
  const place = plan.field.indexOf(variantId);
  const mine = <T extends MicroBlock | EvidencePage>(all: readonly T[]): readonly T[] => all.flatMap((one) => { const of = placeOf(one.metric); return of.place === place ? [{ ...one, metric: of.line }] : []; });
  return { blocks: mine(evidence.blocks), pages: mine(evidence.pages) };
}
