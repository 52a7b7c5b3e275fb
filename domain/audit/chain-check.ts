import { chain, GENESIS, type AuditRecord } from '../audit.ts';
import type { TenantId } from '../ids.ts';
import { checkpointState, type Checkpoint } from './checkpoint.ts';
import type { CheckSignature } from './signature.ts';

/** One thing wrong with a chain, and the first record that it concerns. */
export interface ChainProblem { readonly seq: number; readonly problem: string }

/** A chain that is read from its beginning, record by record, and held against checkpoints at the end. */
export interface ChainCheck {
  add(record: AuditRecord): void;
  /** Every checkpoint must lie on the chain that was read. */
  addCheckpoint(checkpoint: Checkpoint, check: CheckSignature): void;
  result(): ChainResult;
}
export interface ChainResult {
  readonly records: number;
  readonly checkpoints: number;
  readonly lastSeq: number;
  /** Up to here a checkpoint whose signature holds confirms the chain. */
  readonly confirmedTo: number;
  /** Records that are surely bad by number, then those that a checkpoint puts in doubt. */
  readonly problems: readonly ChainProblem[];
}

/** Problems told; a broken chain has either a few or as many as it has records. */
const MOST_PROBLEMS = 50;

export function createChainCheck(tenantId: TenantId, from: { readonly seq: number; readonly hash: AuditRecord['hash'] } = { seq: 0, hash: GENESIS }): ChainCheck {
  const hashes = new Map<number, string>([[from.seq, from.hash]]);
  const problems: ChainProblem[] = [];
  const checkpoints: Checkpoint[] = [];
  let previous: { readonly seq: number; readonly hash: AuditRecord['hash'] } = from;
  let lastSeq = from.seq;
  let records = 0;
  const blame = (seq: number, problem: string): void => { if (problems.length < MOST_PROBLEMS) problems.push({ seq, problem }); };
  return {
    add(record) {
      records += 1;
      for (const problem of recordProblems(record, { previous, tenantId })) blame(problem.seq, problem.problem);
      hashes.set(record.seq, record.hash);
      lastSeq = Math.max(lastSeq, record.seq);
      previous = record;
    },
    addCheckpoint(checkpoint, check) {
      const state = checkpointState(checkpoint, check);
      const named = `checkpoint ${checkpoint.seq} of ${timeText(checkpoint.atMs)}`;
      if (checkpoint.tenantId !== tenantId) blame(checkpoint.seq, `${named} is of tenant ${checkpoint.tenantId}, not ${tenantId}`);
      else if (state === 'bad') blame(checkpoint.seq, `${named} has a signature that does not hold`);
      else if (state === 'unknown-key') blame(checkpoint.seq, `${named} is signed by key ${checkpoint.keyId}, which is not among the keys at hand`);
      else checkpoints.push(checkpoint);
    },
    result() {
      const sorted = [...checkpoints].sort((a, b) => a.seq - b.seq);
      const off = sorted.filter(({ seq, hash }) => hashes.get(seq) !== hash);
      const firstOff = off[0]?.seq ?? Infinity;
      const confirmedTo = sorted.filter(({ seq }) => seq < firstOff).at(-1)?.seq ?? 0;
      const told = off.slice(0, MOST_PROBLEMS).map((checkpoint) => ({ ...checkpointProblem(checkpoint, { lastSeq, confirmedTo }), sure: checkpoint.seq > lastSeq }));
      const sure = [...problems, ...told.filter((each) => each.sure)].sort((a, b) => a.seq - b.seq);
      const all = [...sure, ...told.filter((each) => !each.sure)].map(({ seq, problem }) => ({ seq, problem }));
      return { records, checkpoints: checkpoints.length, lastSeq, confirmedTo, problems: all };
    },
  };
}

function* recordProblems(record: AuditRecord, { previous, tenantId }: { readonly previous: { readonly seq: number; readonly hash: AuditRecord['hash'] }; readonly tenantId: TenantId }): Generator<ChainProblem> {
  const { tenantId: own, seq, prevHash, hash, ...entry } = record;
  const expected = previous.seq + 1;
  if (own !== tenantId) yield { seq, problem: `record ${seq} is of tenant ${own}, not ${tenantId}` };
  if (seq > expected) yield { seq: expected, problem: seq === expected + 1 ? `record ${expected} is missing` : `records ${expected} to ${seq - 1} are missing` };
  if (seq < expected) yield { seq, problem: `record ${seq} comes after record ${previous.seq}: repeated or out of order` };
  // A missing record's neighbour cannot follow; that is one problem, not two.
  if (seq === expected && prevHash !== previous.hash) yield { seq, problem: `record ${seq} does not follow from record ${previous.seq}: one of them was written anew` };
  const recomputed = chain(own, entry, { seq: seq - 1, hash: prevHash });
  if (recomputed.hash !== hash) yield { seq, problem: `record ${seq} was changed: its hash is not that of its content` };
}

function checkpointProblem({ seq, atMs }: Checkpoint, { lastSeq, confirmedTo }: { readonly lastSeq: number; readonly confirmedTo: number }): ChainProblem {
  if (seq > lastSeq) return { seq: lastSeq + 1, problem: `the chain was cut: it ends at record ${lastSeq}, and checkpoint ${seq} of ${timeText(atMs)} was signed over ${seq} records` };
  return { seq: confirmedTo + 1, problem: `the chain was written anew: record ${seq} is not the one that was signed at ${timeText(atMs)}; records ${confirmedTo + 1} to ${seq} are in doubt` };
}

/** A time that is none must not end a verification. */
function timeText(ms: number): string { return Number.isFinite(ms) && Math.abs(ms) < 8e15 ? new Date(ms).toISOString() : String(ms); }
