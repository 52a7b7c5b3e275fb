import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFile, errorsPage } from '../../scripts/docs-text.ts';
import { importTable, replaceImportTable } from '../../scripts/import-table.ts';
import { ROOT } from '../support/source-tree.ts';

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

// Each of these pages is written by `npm run docs`.
test('docs/errors.md lists the catalogue of errors', () => { expect(textOf('docs/errors.md')).toBe(errorsPage()); });
test('.env.example lists the variables of the configuration', () => { expect(textOf('.env.example')).toBe(environmentFile()); });

test('ARCHITECTURE.md shows the import rules that are enforced', () => {
  const page = textOf('ARCHITECTURE.md');
  expect(page).toContain('<!-- imports -->');
  expect(page).toBe(replaceImportTable(page, importTable()));
});

test('the import table says what a rule allows', () => {
  const rows = importTable().split('\n');
  expect(rows.find((row) => row.startsWith('| ports '))).toMatch(/^\| ports \| domain \| none \| no \|/);
  expect(rows.find((row) => row.startsWith('| gateway '))).toContain('not @temporalio, mongodb, express');
  expect(rows.find((row) => row.startsWith('| adapters '))).toContain('workflows/{messages, ids, task-queues}.ts');
});
