import { basename } from 'node:path';
import { codeLines, sourceFiles } from '../support/source-tree.ts';

const files = sourceFiles(['.ts', '.mjs', '.cjs', '.js']);

test('the source tree is there to be measured', () => {
  expect(files).toEqual(expect.arrayContaining(['domain/errors.ts', 'ports/orchestrator.ts', 'bin/lastmile.mjs']));
  expect(codeLines('domain/errors.ts')).toBeGreaterThan(50);
});

test('no file has more than 300 lines of code', () => {
  expect(files.map((file) => ({ file, lines: codeLines(file) })).filter(({ lines }) => lines > 300)).toEqual([]);
});

test('no port has more than 60 lines of code', () => {
  expect(sourceFiles(['.ts'], 'ports').map((file) => ({ file, lines: codeLines(file) })).filter(({ lines }) => lines > 60)).toEqual([]);
});

test('files are named after what is in them, in kebab case', () => {
  const nameless = /^(utils?|helpers?|common|types|manager|service|base|misc)\./;
  const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
  expect(files.map((file) => basename(file)).filter((name) => nameless.test(name) || !kebab.test(name))).toEqual([]);
});
