import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorySummary } from '../../examples/market/story.ts';
import { freeBase } from '../support/free-base.ts';
import { ROOT } from '../support/source-tree.ts';
import { createNamespace, needed } from '../support/stack.ts';

// The whole story as `npm run demo -- --exit --json --fresh` tells it, with every process of lastmile; Temporal and mongod are those of the test run.
/** Ample: on two idle cores both take about two minutes. */
const LIMIT_S = 600;
interface Told { readonly code: number | null; readonly summary: StorySummary; readonly said: string }

// Both at once: a story mostly waits for its own traffic.
const running = new Set<ChildProcess>();
let promised: Told;
let changed: Told;
beforeAll(async () => { [promised, changed] = await Promise.all([tell([]), tell(['v3.output=clean', 'v4.payoff=winning', 'kill.scope=all'])]); }, (LIMIT_S + 60) * 1_000);
afterAll(async () => { await Promise.all([...running].map(ended)); });

async function tell(changes: readonly string[]): Promise<Told> {
  const id = randomUUID().slice(0, 8);
  await createNamespace(`story-${id}`);
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LASTMILE_')));
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'demo.mjs'), '--exit', '--json', '--fresh', '--limit', `${String(LIMIT_S)}s`, ...changes.flatMap((change) => ['--set', change])], {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited, LASTMILE_PORT_BASE: String(await freeBase()), LASTMILE_DATA_DIR: mkdtempSync(join(tmpdir(), 'lastmile-story-')), MONGODB_URI: needed('TEST_MONGODB_URI'), LASTMILE_MONGODB_DATABASE: `story_${id}`,
      LASTMILE_TEMPORAL_ADDRESS: needed('TEST_TEMPORAL_ADDRESS'), LASTMILE_TEMPORAL_NAMESPACE: `story-${id}`,
    },
  });
  running.add(child);
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => { out.push(chunk.toString()); });
  child.stderr.on('data', (chunk: Buffer) => { err.push(chunk.toString()); });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  running.delete(child);
  const said = err.join('');
  if (out.length === 0) throw new Error(`The story ended with code ${String(code)} and no summary:\n${said.slice(-4_000)}`);
  return { code, said, summary: JSON.parse(out.join('')) as StorySummary };
}

/** Ends a story that a failed test left behind, with all its processes. */
async function ended(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => { child.once('close', resolve); });
  child.kill('SIGTERM');
  await closed;
}

const outcomes = ({ chapters }: StorySummary): Readonly<Record<string, string | null>> => Object.fromEntries(chapters.map(({ version, outcome }) => [version, outcome]));

test('as told, all of it happens', () => {
  expect(promised.summary.missing).toEqual([]);
  expect(outcomes(promised.summary)).toEqual({ 1: 'first', 2: 'promoted', 3: 'rolled-back', 4: 'rolled-back' });
  expect(promised.code).toBe(0);
});

test('at the end the champion is killed, with the proof, and the version before it answers', () => {
  const { kill } = promised.summary.kill;
  expect(kill).toMatchObject({ state: 'proved', scope: { kind: 'champion' }, variants: [{ version: '2', role: 'champion' }], answering: '1', missing: [] });
  expect(kill.gateways.length).toBeGreaterThan(0);
  for (const gateway of kill.gateways) expect(gateway).toMatchObject({ state: 'silent', inFlight: 0 });
  expect(kill.backends).toMatchObject([{ state: 'gone', requestsAfter: 0 }]);
  expect(kill.probes.length).toBeGreaterThan(0);
  for (const probe of kill.probes) expect(probe).toMatchObject({ result: 'clear' });
  expect(promised.said).toContain(promised.summary.kill.sentence);
  expect(promised.summary.traffic?.errors).toBe(0);
});

test('with a clean version 3, a winning version 4 and a kill of everything it does not: the code is 3, and each is named', () => {
  const { code, summary, said } = changed;
  expect(summary.missing).toEqual([expect.stringMatching(/^version 3 was not rolled back for answers off contract/), expect.stringMatching(/^version 4 was not stopped for a proved loss of money/), expect.stringMatching(/^after the kill no last good version answered/)]);
  expect(summary).toMatchObject({ told: false, chapters: [{ version: '1', outcome: 'first' }, { version: '2', outcome: 'promoted' }, { version: '3' }, { version: '4' }], kill: { kill: { state: 'proved', answering: null } } });
  expect(said).toMatch(/not as promised: version 3[\s\S]*not as promised: version 4/);
  expect(code).toBe(3);
});
