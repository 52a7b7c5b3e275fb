import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFile, errorsPage } from './docs-text.ts';
import { importTable, replaceImportTable } from './import-table.ts';

/** npm run docs: writes the pages that follow from the code. test/arch/generated-pages.test.ts fails when one is behind. */
const ROOT = join(import.meta.dirname, '..');
const ARCHITECTURE = join(ROOT, 'ARCHITECTURE.md');

writeFileSync(join(ROOT, 'docs', 'errors.md'), errorsPage());
writeFileSync(join(ROOT, '.env.example'), environmentFile());
if (existsSync(ARCHITECTURE)) writeFileSync(ARCHITECTURE, replaceImportTable(readFileSync(ARCHITECTURE, 'utf8'), importTable()));
