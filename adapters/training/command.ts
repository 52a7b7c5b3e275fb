import { spawn, type ChildProcess } from 'node:child_process';
import { z } from 'zod';
import { inheritedEnvironment } from '../../config/environment.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { Trainer } from '../../ports/trainer.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({ cwd: z.string().optional() });
const KEPT_LINES = 20;
const GRACE_MS = 5_000;

/** Variables of ours that a training command has no business with. */
const SECRETS = /^LASTMILE_(SERVICE_TOKEN|API_KEY|PAYLOAD_KEY|NOTIFY_WEBHOOK_SECRET)(_FILE)?$|^LASTMILE_SIGNING_KEY_FILE$|^MONGODB_URI(_FILE)?$/;

export const command: Adapter<Trainer, z.output<typeof Options>> = {
  name: 'command',
  summary: 'Runs a command on this machine; it writes the model into $LASTMILE_OUTPUT_DIR.',
  options: Options,
  create({ cwd }) {
    return {
      async train(job, progress, signal) {
        const started = performance.now();
        const lines: string[] = [];
        const child = start(job.command, { cwd: cwd ?? job.outputDir, env: job.env });
        const keep = lineReader((line) => { lines.push(line); if (lines.length > KEPT_LINES) lines.shift(); progress(line); });
        child.stdout?.on('data', keep);
        child.stderr?.on('data', keep);
        const end = await ended(child, job.timeoutMs, signal);
        if (end !== 'ok') throw new LastmileError('LM_TRAINING_FAILED', `The training command ${JSON.stringify(job.command)} ${end}. Last output:\n${lines.join('\n')}`, { details: { lastLines: [...lines] } });
        return { seconds: (performance.now() - started) / 1_000, lastLines: lines };
      },
    };
  },
};

/** In a process group of its own, so that ending it ends all that it started. */
function start(words: readonly string[], of: { cwd: string; env: Readonly<Record<string, string>> }): ChildProcess {
  const [file, ...args] = words;
  if (file === undefined) throw new LastmileError('LM_TRAINING_FAILED', 'The training command is empty; write spec.retrain.command.');
  const inherited = Object.fromEntries(Object.entries(inheritedEnvironment()).filter(([name]) => !SECRETS.test(name)));
  return spawn(file, args, { cwd: of.cwd, env: { ...inherited, ...of.env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

/** 'ok', or how it ended in words. */
function ended(child: ChildProcess, timeoutMs: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    let why: string | null = null;
    const end = (reason: string): void => {
      why ??= reason;
      endGroup(child, 'SIGTERM');
      setTimeout(() => { endGroup(child, 'SIGKILL'); }, GRACE_MS).unref();
    };
    const timer = setTimeout(() => { end(`took longer than ${timeoutMs} ms`); }, timeoutMs);
    const abort = (): void => { end('was cancelled'); };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const settle = (result: string): void => { clearTimeout(timer); signal.removeEventListener('abort', abort); resolve(why ?? result); };
    child.on('error', (error) => { settle(`could not be started (${error.message})`); });
    child.on('close', (code, by) => { settle(code === 0 ? 'ok' : by === null ? `ended with code ${String(code)}` : `was ended by ${by}`); });
  });
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try { process.kill(-child.pid, signal); } catch { /* The group is gone already. */ }
}

function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = (parts.pop() ?? '').slice(-4_096);
    for (const part of parts) if (part.trim() !== '') onLine(part.slice(0, 500));
  };
}
