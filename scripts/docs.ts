import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFile, errorsPage } from './docs-text.ts';

const ROOT = join(import.meta.dirname, '..');
writeFileSync(join(ROOT, 'docs', 'errors.md'), errorsPage());
writeFileSync(join(ROOT, '.env.example'), environmentFile());
