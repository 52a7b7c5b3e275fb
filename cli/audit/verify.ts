import { createChainCheck, type ChainResult } from '../../domain/audit/chain-check.ts';
import { checkExport, readCheckpoints, type FileProblem } from '../../domain/audit/export-file.ts';
import type { Checkpoint } from '../../domain/audit/checkpoint.ts';
import type { Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { give } from '../output.ts';
import { exactText, trust } from '../trusted-keys.ts';
import { allCheckpoints, chainPages } from './read-chain.ts';

export interface VerifyOptions { checkpoints?: string; key: readonly string[] }

interface Result extends ChainResult { readonly tenantId: string | null; readonly keyIds: readonly string[]; readonly fileProblems: readonly FileProblem[] }

/** Exit 0 when the chain holds, 3 when not; a file needs neither server nor secret. */
export async function verifyChain(session: Session, options: VerifyOptions, file: string | undefined): Promise<ExitCode> {
  const result = file === undefined ? await verifyLive(session, options) : verifyFile(options, file);
  const broken = result.problems.length > 0 || result.fileProblems.length > 0;
  const firstBadSeq = result.problems[0]?.seq ?? null;
  give(session.output, { ok: !broken, firstBadSeq, ...result }, () => (broken ? brokenText(result) : goodText(result)).join('\n'));
  return broken ? EXIT.gate : EXIT.good;
}

function verifyFile(options: VerifyOptions, file: string): Result {
  const more = checkpointsIn(options.checkpoints);
  const text = exactText(file);
  if (text === null) return { records: 0, checkpoints: 0, lastSeq: 0, confirmedTo: 0, problems: [], tenantId: null, keyIds: [], fileProblems: [{ line: 0, problem: 'the file is not UTF-8: a byte was changed' }] };
  const { keys, fileProblems, ...result } = checkExport(text, trust(options.key), more.checkpoints);
  return { ...result, keyIds: keys.map(({ keyId }) => keyId), fileProblems: [...fileProblems, ...more.problems] };
}

async function verifyLive({ client }: Session, options: VerifyOptions): Promise<Result> {
  const { tenantId, items, keys } = await allCheckpoints(client);
  const more = checkpointsIn(options.checkpoints);
  const chain = createChainCheck(tenantId);
  for await (const page of chainPages(client, 0)) page.forEach((record) => { chain.add(record); });
  const check = trust(options.key)(keys);
  for (const checkpoint of [...items, ...more.checkpoints]) chain.addCheckpoint(checkpoint, check);
  return { ...chain.result(), tenantId, keyIds: keys.map(({ keyId }) => keyId), fileProblems: more.problems };
}

/** Checkpoints that the auditor has from elsewhere: the file of a sink, or what a webhook received. */
function checkpointsIn(file: string | undefined): { readonly checkpoints: readonly Checkpoint[]; readonly problems: readonly FileProblem[] } {
  if (file === undefined) return { checkpoints: [], problems: [] };
  const text = exactText(file);
  const { checkpoints, unreadable } = readCheckpoints(text ?? '');
  return { checkpoints, problems: unreadable > 0 || text === null ? [{ line: 0, problem: `${file} has ${text === null ? 'bytes that are not UTF-8' : `${unreadable} lines that are no checkpoint`}` }] : [] };
}

function goodText({ records, checkpoints, lastSeq, confirmedTo, tenantId, keyIds }: Result): readonly string[] {
  const unsigned = lastSeq - confirmedTo;
  return [
    `The chain of tenant ${tenantId ?? '?'} holds: ${records} records, none changed, missing or out of order.`,
    checkpoints === 0 ? 'There is no checkpoint: a chain that was cut at its end or written anew as a whole would look the same.'
      : `${checkpoints} signed checkpoints lie on it and confirm it to record ${confirmedTo}${unsigned > 0 ? `; the ${unsigned} after that are not signed yet` : ''}. Key ${keyIds.join(', ') || 'given by --key'}.`,
  ];
}

function brokenText({ problems, fileProblems, records }: Result): readonly string[] {
  const [first] = problems;
  return [
    first === undefined ? 'The chain holds, but the file is not as it was written.' : `The chain is broken at record ${first.seq}: ${first.problem}.`,
    ...problems.slice(1, 20).map(({ seq, problem }) => `  record ${seq}: ${problem}`), ...fileProblems.slice(0, 20).map(({ line, problem }) => `  ${line > 0 ? `line ${line} ` : ''}${problem}`),
    `${records} records were read.`,
  ];
}
