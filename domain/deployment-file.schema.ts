import { z } from 'zod';
import { TASKS } from './contract.ts';
import { API_VERSION, ENGINES, GOALS, KIND, METRIC_ROLES } from './deployment.ts';
import { parseDuration } from './duration.ts';
import { isLastmileError } from './errors.ts';
import { BETTER, COMPARISONS, EXTERNAL_ROLES, QUESTION_KINDS } from './external/metric.ts';
import { NAME } from './ids.ts';
import { parseModelRef } from './model.ts';
import { nearest } from './nearest.ts';
import { APPROVAL_POINTS } from './rollout/approval.ts';
import { parseShare, WHOLE } from './share.ts';
import { parseJsonPath } from './json-path.ts';
import { ATTESTATIONS } from './variant.ts';

/** The deployment file as a person writes it: shapes and spellings. Defaults and rules between fields are elsewhere. */

const LONGEST_MS = 10 * 365 * 86_400_000;
const DEEPEST = 16;

/** An object that refuses unknown keys, each with the nearest known one; one line a key, in order. */
function closed<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, { error: (issue) => issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownKey(key, known)).join('\n') : undefined });
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return `is not known here; ${near === null ? `the known ones are ${known.join(', ')}` : `did you mean ${near}?`}`;
}

/** Runs a parser that throws LM_ errors; its message becomes the problem. */
function parsed<T>(text: string | number, ctx: z.RefinementCtx, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    ctx.addIssue({ code: 'custom', input: text, message: isLastmileError(error) ? error.message : 'cannot be read' });
    return z.NEVER;
  }
}

const NOT_A_DURATION = 'is not a duration; write for example 30d, 12h, 5m, 1h30m or 250ms';
const duration = z.string(NOT_A_DURATION).max(40, NOT_A_DURATION).regex(/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/, NOT_A_DURATION)
  .transform((text, ctx) => {
    const ms = parsed(text, ctx, () => parseDuration(text));
    if (Number.isInteger(ms) && ms <= LONGEST_MS) return ms;
    ctx.addIssue({ code: 'custom', input: text, message: 'is not a whole number of milliseconds of at most ten years' });
    return z.NEVER;
  }).meta({ description: 'A duration: 30d, 12h, 5m, 1h30m, 250ms.' });

const longerThanZero = duration.refine((ms) => ms > 0, 'must be longer than zero');

const percentText = z.string().max(20).regex(/^\d+(\.\d+)?\s*%$/, 'is not a share; write for example 5% or 0.05');
/** 5%, or a fraction 0..1; integers per 10,000 out. */
const share = z.union([percentText, z.number().min(0).max(1)], { error: 'is not a share; write for example 5% or 0.05' })
  .transform((value, ctx) => parsed(value, ctx, () => parseShare(value))).meta({ description: 'A share of traffic: 5%, or 0.05.' });
/** 95%, or a fraction; a fraction 0..1 out. */
const fraction = z.union([percentText, z.number().min(0).max(1)], { error: 'is not a share between 0 and 1; write for example 95% or 0.95' })
  .transform((value, ctx) => parsed(value, ctx, () => typeof value === 'number' ? value : parseShare(value) / WHOLE));
const margin = z.union([percentText, z.number().min(0)], { error: 'is not a margin; write for example 1% or 0.01' })
  .transform((value, ctx) => parsed(value, ctx, () => typeof value === 'number' ? value : parseShare(value) / WHOLE))
  .meta({ description: 'How much worse is allowed: per request for accuracy, brier, absolute-error and value; the highest rate for the others.' });

const currency = z.string().regex(/^[A-Z]{3}$/, 'is not an ISO 4217 code; write for example EUR');
/** In the metric's unit, or in money a request with what one unit is worth. */
const metricMargin = z.union([percentText, z.number().min(0), closed({ money: z.number().min(0), perUnit: z.number().gt(0).optional(), currency: currency.optional() })], { error: 'is not a margin; write for example 1%, 0.01, or {money: 0.002, perUnit: 0.2}' })
  .transform((value, ctx) => typeof value === 'string' ? parsed(value, ctx, () => parseShare(value) / WHOLE) : value)
  .meta({ description: 'How much worse is allowed: per request for paired metrics, the highest rate for the others. In money: so much a request, where one unit of the metric is worth perUnit.' });

const column = z.string().regex(/^[^[\]]{1,200}(\[\d{1,6}\])?$/, 'is not an output; write the name of an output, or name[1] for one of its columns')
  .transform((text) => {
    const [, output = text, index] = /^([^[\]]+)(?:\[(\d+)\])?$/.exec(text) ?? [];
    return { output, column: index === undefined ? null : Number(index) };
  }).meta({ description: 'An output of the model, or one column of it: probabilities[1].' });

const classLabel = z.union([z.string().max(200), z.number()], { error: 'is not a class; write a text or a number' });

const tensor = closed({
  name: z.string().min(1).max(200), datatype: z.string().min(1).max(20), shape: z.array(z.number().int().min(0)).max(16),
  data: z.array(z.unknown()).max(100_000).refine((data) => depthAtMost(data, DEEPEST), 'is nested too deep'),
});
function depthAtMost(value: unknown, levels: number): boolean {
  return typeof value !== 'object' || value === null || (levels > 0 && Object.values(value).every((item) => depthAtMost(item, levels - 1)));
}

const golden = closed({
  request: closed({ inputs: z.array(tensor).min(1).max(1_000), outputs: z.array(closed({ name: z.string().min(1).max(200) })).max(1_000).optional() }),
  expect: z.record(z.string().min(1).max(200), z.array(classLabel).max(100_000)).optional(),
  tolerance: z.number().min(0).optional(),
}).meta({ description: 'A request whose answer is known: the request in Open Inference Protocol v2, and outputs as flat lists.' });

const contract = closed({
  task: z.enum(TASKS).optional(),
  score: column.optional(), class: column.optional(),
  classes: z.array(classLabel).min(2).max(10_000).optional(), positive: classLabel.optional(), threshold: z.number().optional(),
  range: z.tuple([z.number(), z.number()], { error: 'is not a range; write [lowest, highest]' }).optional(),
  golden: z.array(golden).max(100).optional(), latency: longerThanZero.optional(),
}).meta({ description: 'What callers are promised. Left out parts are read from the model.' });

const labels = closed({
  delay: duration.meta({ description: 'How long after an answer its true outcome is known.' }),
  maturity: duration.optional(), coverage: fraction.optional(), grace: duration.optional(), clock: z.enum(['gateway', 'event']).optional(),
  sampling: closed({ least: z.number().min(0.01).lt(1) }).optional().meta({ description: 'Outcomes are taken of a random part of the requests; each label says with what chance (propensity), at least this.' }),
});

const role = z.string().regex(NAME, 'is not a role; use 1 to 63 of a-z, 0-9 and -');

const rollout = closed({
  goal: z.enum(GOALS).optional(), cycle: longerThanZero.optional(), minCycles: z.number().int().min(1).max(1_000).optional(),
  pilotCycles: z.number().int().min(0).max(1_000).optional(),
  shadow: closed({ sample: share.optional(), max: longerThanZero.optional() }).optional(),
  canary: z.array(closed({ share, for: duration.optional() })).max(20).optional(),
  horizon: longerThanZero.optional(), idle: longerThanZero.optional(),
  whenInconclusive: z.enum(['keep', 'ask']).optional(), ask: longerThanZero.optional(),
  whenBusy: z.enum(['refuse', 'queue', 'supersede']).optional(), alpha: z.number().gt(0).max(0.5).optional(),
  engine: z.enum(ENGINES).optional().meta({ description: 'strict: bounds that hold at every number of requests; fast: approximate ones beside them, sooner.' }),
  provisional: closed({ minCycles: z.number().int().min(1).max(1_000).optional() }).optional().meta({ description: 'Outcomes come late: give all callers the challenger on health alone, and take it back if its outcomes say so.' }),
  compare: z.enum(['paired', 'split']).optional().meta({ description: 'paired: both versions answer the same requests, one of them unseen; split: each request is answered by one of them, and no copy is made.' }),
  falsePromotions: closed({ perYear: z.number().min(0.0001).max(1_000).meta({ description: 'How many false promotions a year may be expected at most, over all rollouts of the deployment.' }) }).optional(),
  approval: closed({
    before: z.array(z.enum(APPROVAL_POINTS)).min(1).optional(), roles: z.array(role).max(20).optional(), count: z.number().int().min(1).max(10).optional(), notAuthor: z.boolean().optional(),
    deadline: longerThanZero.optional(), escalateAfter: longerThanZero.optional(), escalateTo: z.array(role).max(20).optional(),
  }).optional().meta({ description: 'People who must agree before callers get the challenger (canary) or before it becomes champion (promote).' }),
});

const metric = closed({
  name: z.string().max(100), role: z.enum(METRIC_ROLES).optional(), margin: metricMargin.optional(),
  lossBound: z.number().gt(0).optional(), proof: z.enum(['given-loss-bound', 'full']).optional(),
  quantile: z.number().gt(0).lt(1).optional(),
});

const confusion = closed({ tp: z.number(), fp: z.number(), tn: z.number(), fn: z.number() });
const perUnit = closed({ perUnit: z.number(), clip: z.number().gt(0) });
const value = closed({
  currency,
  payoff: z.union([confusion, perUnit], { error: 'is not a payoff; write {tp, fp, tn, fn} for classes or {perUnit, clip} for regression' }),
  costPerRequest: z.number().min(0).optional(), costPerSecond: z.number().min(0).optional(),
}).meta({ description: 'What right and wrong answers are worth, in units of the currency.' });

const address = z.url({ protocol: /^https?$/, error: 'is not an http or https address' }).max(2_000);
const question = z.string().min(1).max(10_000).meta({ description: 'May hold {{deployment}}, {{model}}, {{version}}, {{variant}} and {{role}}.' });
const jsonPath = z.string().max(500).refine((path) => parseJsonPath(path) !== null, 'is not a path to one value; write for example $.data[0].value');
const external = closed({
  name: z.string().regex(NAME, 'is not a name; use 1 to 63 of a-z, 0-9 and -, not at the ends'), role: z.enum(EXTERNAL_ROLES).optional(),
  source: closed({
    prometheus: closed({ url: address, query: question }).optional(),
    http: closed({
      url: address, method: z.enum(['GET', 'POST']).optional(), body: z.unknown().refine((body) => depthAtMost(body, DEEPEST), 'is nested too deep').optional(),
      headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'is not the name of a header'), z.string().max(1_000).regex(/^[\x20-\x7e]*$/, 'holds what no header can')).optional(),
      value: jsonPath, timestamp: jsonPath.optional(),
    }).optional(),
  }).refine((source) => Object.keys(source).length === 1, `must name one of ${QUESTION_KINDS.join(', ')}`),
  credentials: z.string().regex(NAME, 'is not the name of credentials').optional(), compare: z.enum(COMPARISONS).optional(), better: z.enum(BETTER), limit: z.number(), failBeyond: z.number().optional(),
  initialDelay: duration.optional(), every: longerThanZero.optional(), count: z.number().int().min(1).max(10_000).optional(), failureLimit: z.number().int().min(0).max(100_000).optional(),
  inconclusiveLimit: z.union([z.number().int().min(0).max(100_000), z.literal('none')], { error: 'must be a whole number of measurements, or none' }).optional(),
  maxAge: longerThanZero.optional(), timeout: longerThanZero.optional(),
}).meta({ description: 'A number that another system keeps, held against a limit as a gate of the rollout.' });

const modelRef = z.string().max(500).transform((text, ctx) => parsed(text, ctx, () => { parseModelRef(text); return text; }));

export const DeploymentFileSchema = closed({
  apiVersion: z.literal(API_VERSION, { error: `must be ${API_VERSION}` }),
  kind: z.literal(KIND, { error: `must be ${KIND}` }),
  metadata: closed({
    name: z.string().regex(NAME, 'is not a name; use 1 to 63 of a-z, 0-9 and -, not at the ends'),
    labels: z.record(z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/), z.string().max(253)).optional(),
  }),
  spec: closed({
    model: modelRef.meta({ description: 'The version to try: REGISTRY:NAME@VERSION, for example filesystem:churn@7.' }),
    contenders: z.array(modelRef).min(1).max(4).optional().meta({ description: 'More versions to try at once, on the same traffic: the best that is proved goes on.' }),
    serving: closed({
      backend: z.string().regex(NAME, 'is not the name of a backend').optional(), url: z.url({ protocol: /^https?$/, error: 'is not an http or https address' }).max(500).optional(),
      modelName: z.string().min(1).max(200).optional(),
      resources: closed({ threads: z.number().int().min(1).max(256).optional(), isolation: z.enum(['process', 'shared']).optional() }).optional(),
    }).optional(),
    contract: contract.optional(), labels: labels.optional(), rollout: rollout.optional(), metrics: z.array(metric).max(20).optional(), externalMetrics: z.array(external).max(20).optional(), value: value.optional(),
    routing: closed({
      stickyHeader: z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'is not the name of a header').optional(),
      stickyJsonPath: z.string().regex(/^[A-Za-z0-9_.[\]$-]{1,200}$/, 'is not a JSON path').optional(),
    }).optional(),
    drift: closed({ window: longerThanZero.optional(), falseAlarms: closed({ perMonth: z.number().min(0.001).max(1_000) }).optional(), least: z.number().min(0).max(10).optional() }).optional()
      .meta({ description: 'Watches the traffic of the champion for change; advice, never a gate.' }),
    segments: closed({ jsonPath, values: z.array(z.string().min(1).max(64)).min(1).max(20), margin: margin.optional() }).optional()
      .meta({ description: 'Parts of the traffic that are judged by themselves: what stands at the path in the request.' }),
    fallback: z.array(z.enum(['last-good', 'closed'])).min(1).max(2).optional(), onLostControl: z.enum(['serve', 'failClosed']).optional(),
    attestation: z.enum(ATTESTATIONS).optional(),
    retrain: closed({ every: longerThanZero, command: z.array(z.string().min(1).max(1_000)).min(1).max(100), timeout: longerThanZero.optional() }).optional(),
    records: closed({ inputs: z.boolean().optional(), keep: longerThanZero.optional() }).optional(),
    drills: closed({ every: longerThanZero, limit: longerThanZero.optional() }).optional()
      .meta({ description: 'Kills of a challenger with traffic, as often as `every` at most; its time to safe above `limit` is an alarm.' }),
  }),
});

/** The file as written, before parsing. */
export type DeploymentFile = z.input<typeof DeploymentFileSchema>;
/** The file with its spellings read, before defaults. */
export type ReadFile = z.output<typeof DeploymentFileSchema>;
