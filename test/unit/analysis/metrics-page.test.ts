import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '../../../domain/analysis/metrics/index.ts';

test('docs/metrics.md has a row for each metric of the catalogue, with its kind and unit', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (\w+)(?:, by slot)? \|(?:[^|]*\|){2} ([^|]*) \|/gm)].map(([, name, kind, unit]) => ({ name, kind, unit }));
  expect(rows).toEqual(Object.values(METRICS).map(({ name, kind, unit }) => ({ name, kind, unit })));
});
