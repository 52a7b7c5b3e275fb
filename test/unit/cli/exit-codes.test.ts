import { readFileSync } from 'node:fs';
import { EXIT, EXIT_OF_KIND, EXIT_OF_OUTCOME, exitOfRollout } from '../../../cli/exit-codes.ts';
import { KINDS } from '../../../domain/errors.ts';
import { INITIAL, OUTCOMES } from '../../../domain/rollout/machine.ts';

test('every kind of error and every outcome has its code of decision D10', () => {
  expect(Object.fromEntries(KINDS.map((kind) => [kind, EXIT_OF_KIND[kind]]))).toEqual({
    invalid: 1, unauthenticated: 4, forbidden: 4, 'not-found': 5, gone: 5, conflict: 6, mismatch: 6, refused: 3, busy: 75, unavailable: 75, timeout: 124, bug: 70,
  });
  expect(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, EXIT_OF_OUTCOME[outcome]]))).toEqual({ promoted: 0, first: 0, refused: 3, 'rolled-back': 3, inconclusive: 3, aborted: 1, superseded: 1 });
});

test('a rollout that runs has no code yet; one that asks waits for a person', () => {
  expect(exitOfRollout(INITIAL)).toBeNull();
  expect(exitOfRollout({ ...INITIAL, stage: 'asking' })).toBe(7);
  expect(exitOfRollout({ ...INITIAL, stage: 'done', outcome: 'rolled-back' })).toBe(3);
});

test('docs/cli.md lists the same codes', () => {
  const listed = [...readFileSync('docs/cli.md', 'utf8').matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(listed).toEqual([...Object.values(EXIT)].sort((a, b) => a - b));
});
