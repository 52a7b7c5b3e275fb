import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { LastmileError } from '../../domain/errors.ts';
import type { DueLabel } from './outcomes.ts';

/** Where a feed stopped: enough to go on without sending a row or an outcome twice. */
export interface FeedState { readonly v: 1; readonly deployment: string; readonly file: string; readonly nextRow: number; readonly pending: readonly DueLabel[] }

/** null where there is none. Throws LM_CONFLICT when it belongs to another file or deployment. */
export function readState(path: string, deployment: string, file: string): FeedState | null {
  if (!existsSync(path)) return null;
  const state = JSON.parse(readFileSync(path, 'utf8')) as FeedState;
  if (state.deployment !== deployment || state.file !== file) throw new LastmileError('LM_CONFLICT', `${path} is the state of feeding ${state.file} to ${state.deployment}. Remove it, or name another with --state.`);
  return state;
}

/** Whole or not at all. */
export function writeState(path: string, state: FeedState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

export function removeState(path: string): void { rmSync(path, { force: true }); }
