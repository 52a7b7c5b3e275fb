import { Socket } from 'node:net';
import { isLastmileError } from '../domain/errors.ts';
import { CALL, frameHeader, FrameReader, type Frame } from './frames.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';
import { BadRequest } from './tensors.ts';

/** The file descriptor of the socket pair to modelhost. */
const CHANNEL = 3;

/** What a load says beside the model's bytes: JSON, a line feed, the bytes. */
export type LoadHeader = SessionOptions;

const sessions = new Map<number, Session>();
const channel = new Socket({ fd: CHANNEL, readable: true, writable: true });
const reader = new FrameReader();

channel.on('data', (piece: Buffer) => { for (const frame of reader.push(piece)) void answer(frame); });
/** Modelhost is gone: so is the reason to be. */
channel.on('close', () => { process.exit(0); });
channel.on('error', () => { process.exit(1); });
/** A terminal sends Ctrl-C to the whole group; modelhost decides when its children end. */
process.on('SIGINT', () => undefined);

async function answer(frame: Frame): Promise<void> {
  const { status, text } = await handle(frame).catch(failure);
  const body = Buffer.from(text);
  channel.cork();
  channel.write(frameHeader({ id: frame.id, code: status, slot: frame.slot, body }));
  channel.write(body);
  channel.uncork();
}

interface Answer { readonly status: number; readonly text: string }

async function handle({ code, slot, body }: Frame): Promise<Answer> {
  switch (code) {
    case CALL.infer: return infer(slot, body);
    case CALL.load: return load(slot, body);
    case CALL.unload: return unload(slot);
    default: return { status: 500, text: JSON.stringify({ error: `unknown call ${String(code)}` }) };
  }
}

async function infer(slot: number, body: Buffer): Promise<Answer> {
  const session = sessions.get(slot);
  if (session === undefined) return { status: 404, text: JSON.stringify({ error: 'The model is not loaded.' }) };
  return { status: 200, text: await session.infer(body.toString('utf8')) };
}

async function load(slot: number, body: Buffer): Promise<Answer> {
  const end = body.indexOf(0x0a);
  const header = JSON.parse(body.toString('utf8', 0, end)) as LoadHeader;
  const session = await openSession(Uint8Array.from(body.subarray(end + 1)), header);
  sessions.set(slot, session);
  return { status: 200, text: JSON.stringify(session.metadata) };
}

async function unload(slot: number): Promise<Answer> {
  const session = sessions.get(slot);
  sessions.delete(slot);
  await session?.release();
  return { status: 200, text: '{}' };
}

function failure(error: unknown): Answer {
  if (error instanceof BadRequest) return { status: 400, text: JSON.stringify({ error: error.message }) };
  const text = error instanceof Error ? error.message : String(error);
  return { status: 500, text: JSON.stringify(isLastmileError(error) ? { error: text, code: error.code } : { error: text }) };
}
