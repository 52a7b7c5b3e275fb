import type { VariantId } from '../ids.ts';
import type { AnalysisPlan } from './plan.ts';

/**
 * Several challengers that are tried at once, each against the same champion on the same traffic. Each has lines of evidence of its own: those of the first have plain
 * names, those of the others the place in the field behind the metric: `accuracy~1`, `accuracy~1@eu`.
 */

const PLACE = /^([^~@]+)~(\d+)(@.*)?$/;

export function fieldOf({ field, challenger }: Pick<AnalysisPlan, 'field' | 'challenger'>): readonly VariantId[] { return field ?? [challenger]; }

export function lineAt(line: string, place: number): string {
  if (place === 0) return line;
  const at = line.indexOf('@');
  return at < 0 ? `${line}~${String(place)}` : `${line.slice(0, at)}~${String(place)}${line.slice(at)}`;
}

/** The line as the first of the field has it, and whose it is. */
export function placeOf(line: string): { readonly line: string; readonly place: number } {
  const [, metric, place, segment = ''] = PLACE.exec(line) ?? [];
  return metric === undefined ? { line, place: 0 } : { line: `${metric}${segment}`, place: Number(place) };
}

/**
 * The plan by which one of the field is judged. Of N the one with the best luck must not be taken for the best: each needs its proofs at a level of alpha/N, so that any false promotion among
 * them has a chance of alpha (Bonferroni; Bailey and López de Prado 2014 on what the best of many tries is worth). Harm is looked for at the level that it always has: whom it finds leaves the field.
 */
export function planOf(plan: AnalysisPlan, variantId: VariantId): AnalysisPlan {
  const size = fieldOf(plan).length;
  return size === 1 ? plan : { ...plan, challenger: variantId, metrics: plan.metrics.map((metric) => ({ ...metric, alpha: metric.alpha / size })) };
}
