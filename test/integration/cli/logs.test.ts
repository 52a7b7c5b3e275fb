import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createLog } from '../../../config/log.ts';
import { runCli } from '../../../cli/program.ts';
import { run } from '../../support/cli-run.ts';

const variables = { ...process.env };
let folder: string;
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();
const line = (process_: string, second: number, level: string, of: string | { readonly message: string }): string => `${JSON.stringify({ at: at(second), level, process: process_, ...(typeof of === 'string' ? { message: of } : of) })}\n`;

beforeEach(() => {
  process.env.LASTMILE_DATA_DIR = mkdtempSync(join(tmpdir(), 'lastmile-logs-'));
  folder = join(process.env.LASTMILE_DATA_DIR, 'logs');
  mkdirSync(folder);
  writeFileSync(join(folder, 'api.log'), line('api', 1, 'info', { message: 'ready', pid: 7 } as { message: string }) + line('api', 4, 'debug', 'looked') + line('api', 5, 'error', { message: 'broke', error: 'LM_X: why' } as { message: string }) + '{"at":"cut off');
  writeFileSync(join(folder, 'worker.log'), line('worker', 2, 'warn', 'slow'));
  writeFileSync(join(folder, 'mongod.log'), `{"t":{"$date":"${at(3)}"},"s":"W","c":"X","msg":"Low space","attr":{"left":3}}\n`);
  writeFileSync(join(folder, 'temporal.log'), 'Temporal Server:  localhost:7304\n');
});
afterEach(() => { process.env = { ...variables }; });

test('all of ours by time, from info on, a whole line each', async () => {
  const { out, code } = await run(['logs']);
  expect(code).toBe(0);
  expect(out).toBe(['12:00:01.000 api    info  ready pid=7', '12:00:02.000 worker warn  slow', '12:00:05.000 api    error broke error=LM_X: why', ''].join('\n'));
});

test('one process, another level, the newest lines only', async () => {
  expect((await run(['logs', 'api', '--level', 'debug', '-n', '2'])).out).toBe('12:00:04.000 api debug looked\n12:00:05.000 api error broke error=LM_X: why\n');
  expect((await run(['logs', 'api', '--level', 'error'])).out).toBe('12:00:05.000 api error broke error=LM_X: why\n');
  expect((await run(['logs', 'api', '--since', '1h'])).out).toBe('');
});

test('servers that are not ours are read in their form', async () => {
  expect((await run(['logs', 'mongod'])).out).toBe('12:00:03.000 mongod warn  Low space left=3\n');
  expect((await run(['logs', 'temporal'])).out).toContain('Temporal Server:  localhost:7304');
});

test('--json gives lines as they are, and other text as JSON', async () => {
  expect((await run(['--json', 'logs', 'worker'])).out).toBe(line('worker', 2, 'warn', 'slow'));
  expect(JSON.parse((await run(['--json', 'logs', 'temporal'])).out)).toEqual({ process: 'temporal', message: 'Temporal Server:  localhost:7304' });
});

test('an unknown process is 5 and lists the known ones; no logs at all say where they were looked for', async () => {
  expect(await run(['logs', 'gw-9'])).toMatchObject({ code: 5, err: expect.stringMatching(/known: api, mongod, temporal, worker\.\n\(LM_NOT_FOUND: docs\/runbooks\.md#lm_not_found\)/) as string });
});

test('-f goes on with what is written later, over a log that is begun anew, until Ctrl-C', async () => {
  const stop = new AbortController();
  let out = '';
  const has = async (text: string): Promise<void> => { while (!out.includes(text)) await new Promise((resolve) => setTimeout(resolve, 10)); };
  const io = { input: Readable.from([]), out: (text: string) => { out += text; }, err: () => undefined, color: false, interactive: false, columns: 80, signal: stop.signal };
  const ended = runCli(['logs', 'worker', '-f'], io, '0');
  await has('slow');
  appendFileSync(join(folder, 'worker.log'), line('worker', 6, 'info', 'half').slice(0, 20));
  appendFileSync(join(folder, 'worker.log'), line('worker', 6, 'info', 'half').slice(20));
  await has('half');
  writeFileSync(join(folder, 'worker.log'), line('worker', 7, 'info', 'anew'));
  await has('anew');
  stop.abort();
  expect(await ended).toBe(0);
  expect(out.match(/half|anew|slow/g)).toEqual(['slow', 'half', 'anew']);
});

test('a field of another logger does not take the place of ours', () => {
  const written: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => { written.push(String(text)); return true; });
  try { createLog('worker', 'info').warn('said', { at: 'WARN', level: 'x', queue: 'lm-io' }); } finally { write.mockRestore(); }
  expect(JSON.parse(written.join(''))).toEqual({ at: expect.stringMatching(/^\d{4}-/) as string, level: 'warn', process: 'worker', message: 'said', queue: 'lm-io' });
});
