import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflows } from '../../workers/bundle.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** With its inline source map. An empty bundle has 1.6 MB; zod alone would add 1 MB. */
const BUDGET_BYTES = 2_600_000;

test('the workflow bundle holds no driver and no schema library, and stays within its budget', async () => {
  const { code } = await bundleWorkflows();
  for (const name of ['zod', 'mongodb', 'express', 'undici', '@temporalio/client', '@temporalio/worker', '@temporalio/activity']) expect({ name, found: code.includes(`node_modules/${name}/`) }).toEqual({ name, found: false });
  expect(code.length).toBeLessThan(BUDGET_BYTES);
  expect(code.length).toBeGreaterThan(1_500_000);
}, 60_000);

test('workflow files stay under 200 lines and keep their state inside the run', () => {
  for (const file of readdirSync(join(ROOT, 'workflows'))) {
    const text = readFileSync(join(ROOT, 'workflows', file), 'utf8');
    expect({ file, lines: text.split('\n').length < 200 }).toEqual({ file, lines: true });
    expect({ file, mutable: /^(export )?(let|var) /m.test(text) }).toEqual({ file, mutable: false });
  }
});

test('every patched() of the workflows is in the list, and the list holds no other', () => {
  const text = readdirSync(join(ROOT, 'workflows')).filter((file) => file !== 'patches.ts').map((file) => readFileSync(join(ROOT, 'workflows', file), 'utf8')).join('\n');
  const used = [...text.matchAll(/\b(?:patched|deprecatePatch)\(\s*'([^']+)'/g)].map(([, id]) => id);
  const listed = [...readFileSync(join(ROOT, 'workflows/patches.ts'), 'utf8').matchAll(/^ {2}'([^']+)':/gm)].map(([, id]) => id);
  expect([...new Set(used)].sort()).toEqual(listed.sort());
});
