import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../support/cli-run.ts';

let bash: string;
beforeAll(async () => {
  bash = join(mkdtempSync(join(tmpdir(), 'lastmile-completion-')), 'completion.bash');
  writeFileSync(bash, (await run(['completion', 'bash'])).out);
});

/** What bash offers for the last of these words. */
function complete(...words: readonly string[]): readonly string[] {
  const script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWD=$(($# - 1)); _lastmile; printf "%s\\n" "${COMPREPLY[@]}"';
  return execFileSync('bash', ['-c', script, 'bash', bash, ...words], { encoding: 'utf8' }).split('\n').filter((line) => line !== '');
}

test('the script for bash is one that bash reads', () => { execFileSync('bash', ['-n', bash]); });

test.each([
  [['lastmile', 'ki'], ['kill', 'kills']],
  [['lastmile', 'gateways', ''], expect.arrayContaining(['list', 'forget'])],
  [['lastmile', 'kill', 'churn', '--chal'], ['--challengers']],
  [['lastmile', 'kill', '--wait', 'pro'], ['proved']],
  [['lastmile', '--json', 'labels', 'push', 'churn', 'file', '--format', ''], ['json', 'ndjson', 'csv']],
  [['lastmile', 'completion', 'z'], ['zsh']],
  [['lastmile', 'status', 'chu'], []],
] as const)('bash completes %j', (words, offered) => { expect(complete(...words)).toEqual(offered); });

test.each(['zsh', 'fish'])('the script for %s knows every command and flag that the one for bash knows', async (shell) => {
  const { out, code } = await run(['completion', shell]);
  expect(code).toBe(0);
  for (const word of [...complete('lastmile', ''), ...complete('lastmile', 'kill', '--')]) expect(out).toContain(shell === 'fish' && word.startsWith('--') ? `-l ${word.slice(2)}` : `'${word}`);
});

test('another shell is a usage error that names the known', async () => {
  expect(await run(['completion', 'tcsh'])).toMatchObject({ code: 2, err: expect.stringContaining('bash, zsh, fish') as string });
});
