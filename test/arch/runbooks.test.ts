import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { commandPaths } from '../../cli/completion/tree.ts';
import { EXIT_OF_OUTCOME } from '../../cli/exit-codes.ts';
import { createProgram } from '../../cli/program.ts';
import { runbookOf } from '../../cli/runbook.ts';
import { CATALOGUE, type Code } from '../../domain/errors.ts';
import { ROOT, sourceFiles } from '../support/source-tree.ts';

const page = readFileSync(join(ROOT, 'docs', 'runbooks.md'), 'utf8');
const [, notices = '', errors = ''] = page.split(/^## .*$/m);
const entries = (part: string): ReadonlyMap<string, string> => new Map(part.split(/^### /m).slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n')).trim()]));

/** Files that hand a notice over, and the types that each of them can give it. */
const SENDERS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  // Every outcome of a rollout is told by the same line.
  'activities/projecting.ts': () => [...Object.keys(EXIT_OF_OUTCOME), ...asked()].map((type) => `rollout.${type}`),
  'api/kill/drill-ends.ts': (text) => [...text.matchAll(/type: '([a-z-]+)'/g)].map(([, type = '']) => type),
  'api/kill/tellings.ts': (text) => [...new Set([...text.matchAll(/record\.state !== '([a-z]+)'/g)].map(([, state = '']) => `kill-${state}`))],
  'workers/drift-notices.ts': (text) => [...text.matchAll(/type: '([a-z-]+)'/g)].map(([, type = '']) => type),
};
function asked(): readonly string[] {
  // Given as they are, or chosen between two: `const type = … ? 'escalated' : 'approving'`.
  const found = /notify\(run, '([a-z-]+)'|const type = [^;]*\? '([a-z-]+)' : '([a-z-]+)';/g;
  return sourceFiles(['.ts']).filter((file) => file.startsWith('workflows/')).flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(found)].flatMap(([, ...types]) => types.filter(Boolean)));
}

test('each notice that is sent has a runbook, and no other', () => {
  const folders = ['activities/', 'adapters/', 'api/', 'collector/', 'domain/', 'gateway/', 'modelhost/', 'workers/', 'workflows/'];
  const sending = sourceFiles(['.ts']).filter((file) => folders.some((folder) => file.startsWith(folder)) && readFileSync(join(ROOT, file), 'utf8').includes('notifier.send('));
  expect(sending.sort()).toEqual(Object.keys(SENDERS).sort());
  const sent = sending.flatMap((file) => SENDERS[file]!(readFileSync(join(ROOT, file), 'utf8')));
  expect(sent).toEqual(expect.arrayContaining(['rollout.asking', 'kill-unconfirmed']));
  expect([...entries(notices).keys()].sort()).toEqual([...new Set(sent)].sort());
});

test('each error code has a runbook, and no other', () => { expect([...entries(errors).keys()]).toEqual(Object.keys(CATALOGUE)); });

test.each([...entries(notices), ...entries(errors)])('%s says what it means, what to check and what to do, in at most four lines', (_name, text) => {
  expect(text.split('\n').map((line) => /^- \*\*(\w+)\*\*: \S/.exec(line)?.[1])).toEqual(['Means', 'Check', 'Act']);
});

const QUIET = { input: Readable.from([]), out: () => undefined, err: () => undefined, color: false, interactive: false, columns: 80, signal: new AbortController().signal };

test('the commands that it names exist', () => {
  const known = new Set(commandPaths(createProgram({ io: QUIET, exitCode: 0 }, '0')).map((path) => path.join(' ')));
  const named = [...page.matchAll(/`lastmile ([a-z]+(?: (?:list|forget|new|push|migrate|restore-check)\b)?)/g)].map(([, command = '']) => command);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((command) => !known.has(command))).toEqual([]);
});

test('the address that the command line shows is a heading of the page', () => {
  for (const code of Object.keys(CATALOGUE) as Code[]) {
    const [file, anchor] = runbookOf(code).split('#');
    expect(file).toBe('docs/runbooks.md');
    expect(page.split('\n').filter((line) => line.startsWith('#')).map((line) => line.replace(/^#+ /, '').toLowerCase())).toContain(anchor);
  }
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
  expect(files).toContain('docs');
});
