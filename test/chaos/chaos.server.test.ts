import { needed } from '../support/stack.ts';
import { CATALOGUE, PROCESS_KINDS } from './faults.ts';
import { LANES } from './lanes.ts';
import { faultsOf, type Report } from './report.ts';
import { runChaos } from './run-chaos.ts';

/**
 * The short form of `npm run chaos`: one random fault at each kind of process while rollouts run, with a mongod and a Temporal server of its own.
 * CHAOS_SEED chooses the same faults in the same order again.
 */
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const LIMIT_MS = 600_000;
/** Below the ports of outgoing connections, beside those of `npm start` and `npm run chaos`. */
const PORT_BASE = 21_000;

/** A full heap takes long on a machine that is busy, and a clock that jumps makes rollouts idle: those are left to `npm run chaos`. */
const QUICK_KINDS = [...new Set(CATALOGUE.map(({ kind }) => kind))].filter((kind) => kind !== 'memory' && kind !== 'clock');

let report: Report;
beforeAll(async () => {
  const say = (line: string): void => { process.stderr.write(`chaos ${String(seed)}: ${line}\n`); };
  say(`the seed; again with CHAOS_SEED=${String(seed)}`);
  report = await runChaos({ seed, rollouts: 12, tools: { mongod: needed('TEST_MONGOD'), temporal: needed('TEST_TEMPORAL_CLI') }, portBase: PORT_BASE, kinds: PROCESS_KINDS, goOn: false, only: QUICK_KINDS, say });
  say(JSON.stringify(report));
}, LIMIT_MS);

test('every promise holds through one fault at each kind of process', () => { expect(faultsOf(report)).toEqual([]); });

test('and it was a trial: rollouts were accepted and ended, each kind was hit, promises were looked at, a kill was proved', () => {
  expect(Object.values(report.faults).reduce((sum, count) => sum + count, 0)).toBe(PROCESS_KINDS.length);
  expect(report.rollouts).toBe(12 + LANES.length);
  expect(Math.min(report.looks, report.foreignCalls, report.requests, report.auditRecords, report.workflows, report.notices)).toBeGreaterThan(0);
  expect(report.outcomes.promoted ?? 0).toBeGreaterThan(0);
});
