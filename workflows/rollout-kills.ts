import { isKilled } from '../domain/traffic/tombstones.ts';
import type { VariantSummary } from '../domain/variant.ts';
import type { ToldKill } from './messages.ts';
import { leaves } from './field.ts';
import { report } from './reporting.ts';
import { modelTried, type Run } from './rollout-run.ts';
import { plainVerdict } from './verdicts.ts';

/** A kill that the entity tells of: the rollout ends when it names its challenger, or the champion that it compares with. */
export function hearKill(run: Run, kill: ToldKill): void {
  if (run.state.stage === 'undoing' || run.state.stage === 'done') return;
  if (run.challenger === null) run.kills.push(kill);
  if (leaves(run, (variant) => isNamedBy(kill, variant))) return;
  if (isNamedBy(kill, run.challenger)) challengerKilled(run, kill);
  else if (isNamedBy(kill, run.input.champion)) championKilled(run, kill);
}

/** Kills that came while nobody knew yet which variant is tried. */
export function hearKillsOfBefore(run: Run): void {
  const kill = run.kills.splice(0).find((each) => isNamedBy(each, run.challenger));
  if (kill !== undefined && run.state.stage !== 'undoing' && run.state.stage !== 'done') challengerKilled(run, kill);
}

function challengerKilled(run: Run, { actor, reason }: ToldKill): void {
  report(run, { type: 'killed', who: 'challenger', verdict: plainVerdict(run, 'rollback', 'killed', `${modelTried(run)} was killed${why(reason)}.`) }, actor);
}

function championKilled(run: Run, { actor, reason }: ToldKill): void {
  const text = `${run.input.champion?.model ?? 'The champion'}, which it was compared with, was killed${why(reason)}.`;
  report(run, { type: 'killed', who: 'champion', verdict: plainVerdict(run, 'inconclusive', 'killed', text) }, actor);
}

function isNamedBy({ targets }: ToldKill, variant: VariantSummary | null): boolean { return variant !== null && isKilled(targets, variant); }
function why(reason: string | null): string { return reason === null ? '' : ` (${reason})`; }
