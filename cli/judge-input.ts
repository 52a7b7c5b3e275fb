import { z } from 'zod';
import { LastmileError } from '../domain/errors.ts';
import { DIRECTIONS, type Series } from '../domain/offline/judge-series.ts';
import type { ArmSums, Summary } from '../domain/offline/judge-summary.ts';

/** Of a proportion the squares are the sum itself. */
const LooseArm = z.strictObject({ n: z.number().int(), sum: z.number(), sumSquares: z.number().optional() });
const Covariate = z.strictObject({ sum: z.number(), sumSquares: z.number(), sumProducts: z.number() });

const SummaryFile = z.strictObject({
  champion: LooseArm, challenger: LooseArm, scale: z.enum(['absolute', 'relative']).default('absolute'), sides: z.union([z.literal(1), z.literal(2)]).default(2), alpha: z.number().gt(0).lt(0.5).optional(),
  nStar: z.number().positive().nullable().default(5_000), proportion: z.boolean().default(false), covariate: z.strictObject({ champion: Covariate, challenger: Covariate }).nullish(),
});

const Point = z.number().nullable();
const SeriesFile = z.record(z.string().min(1), z.strictObject({ champion: z.array(Point), challenger: z.array(Point), direction: z.enum(DIRECTIONS), margin: z.number().nonnegative().nullish() }));

/** Throws LM_INVALID_REQUEST with every problem and its place. */
export function parseSummary(text: string, file: string, alpha: number): Summary {
  const { champion, challenger, covariate, alpha: own, ...rest } = parseDocument(SummaryFile, text, file);
  const arm = (name: string, of: z.infer<typeof LooseArm>): ArmSums => {
    if (of.sumSquares === undefined && !rest.proportion) throw new LastmileError('LM_INVALID_REQUEST', `${file}: ${name}.sumSquares is missing; only a proportion can do without.`);
    return { ...of, sumSquares: of.sumSquares ?? of.sum };
  };
  return { ...rest, champion: arm('champion', champion), challenger: arm('challenger', challenger), alpha: own ?? alpha, covariate: covariate ?? null };
}

export function parseSeries(text: string, file: string): Readonly<Record<string, Series>> {
  const metrics = parseDocument(SeriesFile, text, file);
  if (Object.keys(metrics).length === 0) throw new LastmileError('LM_INVALID_REQUEST', `${file} names no metric.`);
  return Object.fromEntries(Object.entries(metrics).map(([name, series]) => [name, { ...series, margin: series.margin ?? null }]));
}

/** JSON of the shape, or LM_INVALID_REQUEST with every problem and its place. */
export function parseDocument<S extends z.ZodType>(schema: S, text: string, file: string): z.output<S> {
  let value: unknown;
  try { value = JSON.parse(text); } catch (error) { throw new LastmileError('LM_INVALID_REQUEST', `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error }); }
  const result = schema.safeParse(value);
  if (!result.success) throw new LastmileError('LM_INVALID_REQUEST', `${file} cannot be used: ${result.error.issues.map(({ path, message }) => `${path.join('.') || 'the document'}: ${message}`).join('; ')}.`);
  return result.data;
}
