import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { extname, join } from 'node:path';
import { LastmileError } from '../domain/errors.ts';
import { CALL, frameHeader, FrameReader } from './frames.ts';

export interface Answer { readonly status: number; readonly body: Buffer }

/** A child that runs models. It ends when modelhost ends. */
export interface Child {
  readonly pid: number;
  /** Resolves with the answer; rejects with LM_BACKEND_UNAVAILABLE when the child ends first, LM_TIMEOUT after `limitMs` (the child is then killed). */
  call(call: keyof typeof CALL, slot: number, body: Buffer, limitMs: number): Promise<Answer>;
  /** Returns when the process is gone. */
  kill(): Promise<void>;
  /** Resolves, once, with why it ended. */
  readonly ended: Promise<string>;
}

interface Waiting { readonly settle: (answer: Answer) => void; readonly fail: (error: LastmileError) => void; readonly timer: NodeJS.Timeout }

/** Starts modelhost/child.ts (or its compiled form) with a socket pair as file descriptor 3. Its log goes where ours goes. */
export function startChild(): Child {
  const file = join(import.meta.dirname, `child${extname(import.meta.filename)}`);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], env: { NODE_NO_WARNINGS: '1' } });
  const channel = child.stdio[CHANNEL] as Duplex;
  const waiting = new Map<number, Waiting>();
  const reader = new FrameReader();
  let lastId = 0;
  let end: string | null = null;
  const kill = (): void => { child.kill('SIGKILL'); };
  channel.on('data', (piece: Buffer) => {
    try {
      for (const { id, code, body } of reader.push(piece)) take(waiting, id)?.settle({ status: code, body });
    } catch {
      kill();
    }
  });
  channel.on('error', kill);
  const ended = new Promise<string>((resolve) => {
    const over = (why: string): void => {
      end = why;
      for (const id of [...waiting.keys()]) take(waiting, id)?.fail(gone(why));
      resolve(why);
    };
    child.once('error', (error) => { over(`could not be started: ${error.message}`); });
    child.once('exit', (code, signal) => { over(signal === null ? `ended with code ${String(code)}` : `was ended by ${signal}`); });
  });
  return {
    pid: child.pid ?? 0, ended,
    call: (call, slot, body, limitMs) => new Promise((settle, fail) => {
      if (end !== null) { fail(gone(end)); return; }
      lastId = (lastId + 1) >>> 0;
      const id = lastId;
      const timer = setTimeout(() => {
        take(waiting, id)?.fail(new LastmileError('LM_TIMEOUT', `The model did not answer within ${limitMs} ms; its process is restarted.`));
        kill();
      }, limitMs);
      waiting.set(id, { settle, fail, timer });
      channel.cork();
      channel.write(frameHeader({ id, code: CALL[call], slot, body }));
      channel.write(body);
      channel.uncork();
    }),
    async kill() { kill(); await ended; },
  };
}

const CHANNEL = 3;

function take(waiting: Map<number, Waiting>, id: number): Waiting | undefined {
  const found = waiting.get(id);
  if (found === undefined) return undefined;
  waiting.delete(id);
  clearTimeout(found.timer);
  return found;
}

function gone(why: string): LastmileError { return new LastmileError('LM_BACKEND_UNAVAILABLE', `The model's process ${why}; it is restarted.`); }
