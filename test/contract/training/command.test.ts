import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { command } from '../../../adapters/training/command.ts';
import { trainers } from '../../../adapters/training/index.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'training-'));
const node = (script: string): string[] => [process.execPath, '-e', script];
const quiet = new AbortController().signal;
const job = (script: string, timeoutMs = 10_000): { command: string[]; outputDir: string; env: Record<string, string>; timeoutMs: number } => {
  const outputDir = folder();
  return { command: node(script), outputDir, env: { LASTMILE_OUTPUT_DIR: outputDir }, timeoutMs };
};

test('the catalogue has it under its name', () => { expect(trainers.command.name).toBe('command'); });

test('a command writes its model into the folder and its lines are progress', async () => {
  const lines: string[] = [];
  const run = job("console.log('epoch 1'); console.log('epoch 2'); require('fs').writeFileSync(process.env.LASTMILE_OUTPUT_DIR + '/model.onnx', 'x')");
  const result = await command.create({}).train(run, (line) => lines.push(line), quiet);
  expect(lines).toEqual(['epoch 1', 'epoch 2']);
  expect(result.lastLines).toEqual(lines);
  expect(readFileSync(join(run.outputDir, 'model.onnx'), 'utf8')).toBe('x');
});

test('a failing, missing or empty command is LM_TRAINING_FAILED with its last words', async () => {
  const trainer = command.create({});
  const failed = (message: RegExp): unknown => expect.objectContaining({ code: 'LM_TRAINING_FAILED', message: expect.stringMatching(message) });
  await expect(trainer.train(job("console.error('no such column'); process.exit(3)"), () => undefined, quiet)).rejects.toEqual(failed(/code 3[\s\S]*no such column/));
  await expect(trainer.train({ ...job(''), command: ['/no/such/command'] }, () => undefined, quiet)).rejects.toEqual(failed(/could not be started/));
  await expect(trainer.train({ ...job(''), command: [] }, () => undefined, quiet)).rejects.toEqual(failed(/empty/));
});

test('secrets of ours do not reach the command', async () => {
  process.env.LASTMILE_SERVICE_TOKEN = 'x'.repeat(32);
  const lines: string[] = [];
  await command.create({}).train(job('console.log(String(process.env.LASTMILE_SERVICE_TOKEN))'), (line) => lines.push(line), quiet);
  delete process.env.LASTMILE_SERVICE_TOKEN;
  expect(lines).toEqual(['undefined']);
});

test('a time-out and a cancel end the command and what it started', async () => {
  const grandchild = (file: string): string => `const {spawn}=require('child_process'); const c=spawn(process.execPath,['-e','setInterval(()=>{},1000)'],{stdio:'inherit'}); require('fs').writeFileSync(${JSON.stringify(file)}, String(c.pid)); setInterval(()=>{},1000)`;
  const alive = (pid: number): boolean => { try { process.kill(pid, 0); return true; } catch { return false; } };
  const file = join(folder(), 'pid');
  const cancel = new AbortController();
  const training = command.create({}).train(job(grandchild(file)), () => undefined, cancel.signal);
  const outcome = expect(training).rejects.toEqual(expect.objectContaining({ code: 'LM_TRAINING_FAILED', message: expect.stringContaining('cancelled') }));
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await delay(20);
  cancel.abort();
  await outcome;
  const pid = Number(readFileSync(file, 'utf8'));
  for (let i = 0; i < 100 && alive(pid); i += 1) await delay(20);
  expect(alive(pid)).toBe(false);
  await expect(command.create({}).train(job('setInterval(()=>{},1000)', 200), () => undefined, quiet)).rejects.toEqual(expect.objectContaining({ message: expect.stringContaining('longer than 200 ms') }));
});
