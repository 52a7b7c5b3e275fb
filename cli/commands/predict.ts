import type { Command } from 'commander';
import { LastmileError } from '../../domain/errors.ts';
import type { InferenceRequest, InferenceResponse } from '../../domain/tensor.ts';
import { act, type Context } from '../context.ts';
import type { Inferred } from '../gateway.ts';
import { give } from '../output.ts';
import { readText } from '../read-input.ts';
import { requestOf, type Cell, type NamedRow } from '../tensors.ts';
import { timeMs } from '../times.ts';

interface PredictOptions { data?: string; row?: readonly string[]; eventTime?: number }

export function registerPredict(program: Command, context: Context): void {
  program.command('predict').description('ask a deployment; prints the answer, its inference id and the version that gave it').argument('<name>', 'deployment')
    .option('--data <file>', 'JSON: a request of the Open Inference Protocol, a row {name: value}, or a list of rows; - for standard input')
    .option('--row <pairs...>', 'one row: name=value name=value …').option('--event-time <time>', 'business time of the request, RFC 3339 or UTC milliseconds', timeMs)
    .action(act<[string], PredictOptions>(context, async (session, options, name) => {
      const gateway = await session.gateway(1);
      try {
        const given = await readGiven(options, session.output.input);
        const request = isRequest(given) ? given : requestOf(await gateway.metadata(name), given);
        const answer = await gateway.infer(name, request, { eventMs: options.eventTime });
        give(session.output, { inferenceId: answer.inferenceId, version: answer.version, variant: answer.variant, fallback: answer.fallback, latencyMs: answer.latencyMs, response: answer.response }, () => shown(answer));
        return undefined;
      } finally {
        await gateway.close();
      }
    }));
}

function shown({ response, inferenceId, version, latencyMs, fallback }: Inferred): string {
  return [...outputLines(response), `inference ${inferenceId}, version ${version}${fallback === null ? '' : ` (fallback ${fallback})`}, ${latencyMs.toFixed(1)} ms`].join('\n');
}

function outputLines(response: InferenceResponse): readonly string[] { return response.outputs.map((output) => `${output.name}: ${JSON.stringify(output.data.length === 1 ? output.data[0] : output.data)}`); }

function isRequest(given: InferenceRequest | readonly NamedRow[]): given is InferenceRequest { return 'inputs' in given; }

async function readGiven({ data, row }: PredictOptions, input: Parameters<typeof readText>[1]): Promise<InferenceRequest | readonly NamedRow[]> {
  if ((data === undefined) === (row === undefined)) throw new LastmileError('LM_INVALID_REQUEST', 'Give either --data FILE or --row name=value …');
  if (row !== undefined) return [parsePairs(row)];
  const text = await readText(data ?? '-', input);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LastmileError('LM_INVALID_REQUEST', `${data === '-' ? 'Standard input' : String(data)} is not JSON.`, { cause: error });
  }
  if (typeof value !== 'object' || value === null) throw new LastmileError('LM_INVALID_REQUEST', 'The data must be a request, a row or a list of rows.');
  if (Array.isArray(value)) return value as NamedRow[];
  return 'inputs' in value && Array.isArray(value.inputs) ? value as InferenceRequest : [value as NamedRow];
}

/** name=value; numbers and true/false become such, the rest stays text. */
export function parsePairs(pairs: readonly string[]): NamedRow {
  return Object.fromEntries(pairs.flatMap((pair) => pair.split(',')).map((pair): [string, Cell] => {
    const [, name, text] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (name === undefined || text === undefined) throw new LastmileError('LM_INVALID_REQUEST', `"${pair}" is not name=value.`);
    return [name.trim(), cell(text)];
  }));
}

function cell(text: string): Cell {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
