import { digestOfJson } from '../digest.ts';
import type { VariantId } from '../ids.ts';
import { evidenceOfOne } from './field-evidence.ts';
import { fieldOf, lineAt, planOf } from './field.ts';
import { judge, planHashOf, type JudgeInput } from './judge.ts';
import { primaryMetric } from './metric-plan.ts';
import type { AnalysisPlan } from './plan.ts';
import type { Verdict } from './verdict.ts';

interface One { readonly variantId: VariantId; readonly verdict: Verdict }

/**
 * The judge for all that are still in the field. One proof is enough to go on, with the best of those proved; whom harm is proved of leaves; the rollout ends when
 * nobody is left, or when nobody who is left can be proved any more. The verdict is that of who leads, with the others beside it in `field`. Where only one is tried it is the judge's own.
 */
export function judgeField(input: JudgeInput, remaining: readonly VariantId[] = fieldOf(input.plan)): Verdict {
  const { plan } = input;
  if (plan.field === undefined) return judge(input);
  const all = remaining.map((variantId): One => ({ variantId, verdict: judge({ ...input, plan: planOf(plan, variantId), evidence: evidenceOfOne(plan, input.evidence, variantId) }) }));
  const { variantId, verdict } = leaderOf(plan, all);
  const hashes = all.map((one) => [one.variantId, one.verdict.evidenceHash] as const);
  return {
    ...verdict, challenger: variantId, field: all.map((one) => ({ variantId: one.variantId, kind: one.verdict.kind, reasons: one.verdict.reasons, findings: one.verdict.findings, money: one.verdict.money })),
    planHash: planHashOf(plan), evidenceHash: hashes.every(([, hash]) => hash === null) ? null : digestOfJson(hashes),
    seenTo: Object.fromEntries(all.flatMap((one) => Object.entries(one.verdict.seenTo ?? {}).map(([line, slot]) => [lineAt(line, fieldOf(plan).indexOf(one.variantId)), slot]))),
  };
}

/** Proved before open before without a proof before harmful; among equals by the estimate of the primary metric, then in the order of the file. */
function leaderOf(plan: AnalysisPlan, all: readonly One[]): One {
  const order: readonly Verdict['kind'][] = ['promote', 'collecting', 'inconclusive', 'rollback'];
  const primary = primaryMetric(plan)?.name;
  const estimate = ({ verdict }: One): number => verdict.findings.find(({ metric }) => metric === primary)?.estimate ?? -Infinity;
  const [first, ...others] = all;
  if (first === undefined) throw new RangeError('Nobody is left in the field.');
  return others.reduce((best, one) => {
    const ahead = order.indexOf(one.verdict.kind) - order.indexOf(best.verdict.kind);
    return ahead < 0 || (ahead === 0 && estimate(one) > estimate(best)) ? one : best;
  }, first);
}

/** Whom the verdict finds harm of: they leave the field, the last one by a rollback of the rollout. */
export function outOf({ field = [] }: Pick<Verdict, 'field'>): readonly VariantId[] { return field.filter(({ kind }) => kind === 'rollback').map(({ variantId }) => variantId); }
