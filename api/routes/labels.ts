import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { DeploymentUid } from '../../domain/ids.ts';
import type { Label } from '../../domain/record.ts';
import type { LabelReceipt } from '../../ports/label-store.ts';
import { mediaType, nestedDeeperThan, refuseEncoded } from '../body.ts';
import { ok, type ApiPorts, type Call, type Handlers } from '../call.ts';
import { LabelBody, type LabelsAnswer } from '../contract.ts';
import { linesOf } from '../lines.ts';
import { invalidRequest } from '../problem.ts';
import { deploymentNamed, specOf } from '../views.ts';

const CHUNK = 500;
const MOST_REFUSALS = 1_000;
const LONGEST_LINE = 64 * 1024;

type GivenLabel = z.output<typeof LabelBody>;
interface Line { readonly line: number; readonly label: GivenLabel | null; readonly problem: string }
/** What labels of this deployment need to be: which uid, and whether they must say when they became known. */
interface Target { readonly tenant: string; readonly uid: DeploymentUid; readonly eventClock: boolean; /** Of labels.sampling; null where all outcomes are taken. */ readonly least: number | null; readonly nowMs: number }

export function labelRoutes(ports: ApiPorts): Pick<Handlers, 'pushLabels'> {
  return {
    async pushLabels(call) {
      const deployment = await deploymentNamed(ports, call.principal.tenant, call.params.name);
      const { spec } = await specOf(ports, deployment);
      const target: Target = { tenant: call.principal.tenant, uid: deployment.uid, eventClock: spec.labels?.clock === 'event', least: spec.labels?.sampling?.least ?? null, nowMs: call.nowMs };
      return ok(await take(ports, target, linesIn(call)));
    },
  };
}

/** Labels of the body, numbered from 1: of a JSON document all shaped already, of NDJSON a line at a time. */
function linesIn(call: Call<'pushLabels'>): AsyncIterable<Line> {
  return mediaType(call.request) === 'application/x-ndjson' ? ndjson(call.request) : listed(call.body.labels);
}

async function* listed(labels: readonly GivenLabel[]): AsyncGenerator<Line> {
  for (const [i, label] of labels.entries()) yield { line: i + 1, label, problem: '' };
}

async function* ndjson(request: IncomingMessage): AsyncGenerator<Line> {
  refuseEncoded(request);
  for await (const { line, text } of linesOf(request, LONGEST_LINE)) {
    if (text === null) yield { line, label: null, problem: `is longer than ${String(LONGEST_LINE)} bytes` };
    else if (text.trim() !== '') yield { line, ...readLine(text) };
  }
}

function readLine(text: string): { readonly label: GivenLabel | null; readonly problem: string } {
  try {
    if (nestedDeeperThan(Buffer.from(text), 4)) return { label: null, problem: 'is not a label' };
    const read = LabelBody.safeParse(JSON.parse(text));
    return read.success ? { label: read.data, problem: '' } : { label: null, problem: read.error.issues.slice(0, 3).map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`).join('; ').slice(0, 300) };
  } catch {
    return { label: null, problem: 'is not JSON' };
  }
}

/** Stores chunk by chunk; every line is either stored or named with its problem. */
async function take({ stores }: ApiPorts, target: Target, lines: AsyncIterable<Line>): Promise<LabelsAnswer> {
  const total = { accepted: 0, repeated: 0, revised: 0 };
  const refused: { line: number; problem: string }[] = [];
  let chunk: Label[] = [];
  const flush = async (): Promise<void> => { if (chunk.length > 0) add(total, await stores.labels.put(chunk)); chunk = []; };
  for await (const line of lines) {
    const problem = line.label === null ? line.problem : problemOf(line.label, target);
    if (line.label !== null && problem === null) chunk.push(labelOf(line.label, target));
    else refused.push({ line: line.line, problem: problem ?? '' });
    if (refused.length > MOST_REFUSALS) { await flush(); throw tooMany(total, refused); }
    if (chunk.length >= CHUNK) await flush();
  }
  await flush();
  return { ...total, refused };
}

function problemOf(label: GivenLabel, { eventClock, least }: Target): string | null {
  return eventClock && label.labelMs === undefined ? 'labelMs is needed: this deployment runs on event time, so the API cannot say when the outcome became known' : propensityProblem(label.propensity, least);
}

/** A chance that nobody reckons with, or that is missing where everything rests on it, would bias every verdict in silence. */
function propensityProblem(propensity: number | undefined, least: number | null): string | null {
  if (least === null) return propensity === undefined || propensity === 1 ? null : 'propensity: outcomes of this deployment are not sampled; say labels.sampling in its file, or leave it out';
  if (propensity === undefined) return 'propensity is needed: labels.sampling says that outcomes are taken of a part of the requests; write with what chance this one was';
  return propensity < least ? `propensity is ${String(propensity)}, below labels.sampling.least (${String(least)})` : null;
}

function labelOf({ inferenceId, row, value, labelMs, source, propensity }: GivenLabel, { tenant, uid, nowMs }: Target): Label {
  return { tenantId: tenant, deploymentUid: uid, inferenceId, row, value, labelMs: labelMs ?? nowMs, receivedAtMs: nowMs, source, ...(propensity === undefined ? {} : { propensity }) };
}

function add(total: { accepted: number; repeated: number; revised: number }, receipt: LabelReceipt): void {
  total.accepted += receipt.accepted;
  total.repeated += receipt.repeated;
  total.revised += receipt.revised;
}

function tooMany(total: LabelReceipt, refused: readonly { readonly line: number; readonly problem: string }[]): Error {
  const line = refused.at(-1)?.line ?? 0;
  const stored = total.accepted + total.repeated + total.revised;
  return invalidRequest(`More than ${String(MOST_REFUSALS)} lines are no labels; reading stopped at line ${String(line)}. ${String(stored)} labels before it are stored; sending them again changes nothing.`,
    refused.slice(0, 50).map(({ line: at, problem }) => ({ path: `line ${String(at)}`, problem })));
}
