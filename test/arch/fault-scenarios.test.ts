import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/source-tree.ts';

/** The table of docs/operations.md: every scenario of the design by its number, with the tests that hold it. */
const SCENARIOS = 38;
/** Those that another issue brings; none of the others may be open. */
const OPEN = [15, 18, 19, 20, 21, 23, 24, 27, 29];

const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
const table = page.slice(page.indexOf('<!-- faults -->'), page.indexOf('<!-- /faults -->'));
const rows = [...table.matchAll(/^\| (\d+) \| (.+?) \| (.+) \|$/gm)].map(([, number = '', , where = '']) => ({ number: Number(number), where, files: [...where.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file) }));

test('every scenario has a line, in order', () => { expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: SCENARIOS }, (_, i) => i + 1)); });

test.each(rows.filter(({ number }) => !OPEN.includes(number)).map(({ number, files }) => [number, files] as const))('scenario %i names tests, and they are there', (_number, files) => {
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => !file.endsWith('.test.ts') || !existsSync(join(ROOT, file)))).toEqual([]);
});

test.each(rows.filter(({ number }) => OPEN.includes(number)).map(({ number, where, files }) => [number, where, files] as const))('scenario %i names a test, or says whose it is', (_number, where, files) => {
  expect(files.length > 0 ? files.every((file) => existsSync(join(ROOT, file))) : /^open: belongs to issue [C-G]$/.test(where)).toBe(true);
});
