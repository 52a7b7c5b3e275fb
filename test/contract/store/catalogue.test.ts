import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stores } from '../../../adapters/store/index.ts';

const root = join(import.meta.dirname, '../../..');

test('the catalogue lists every adapter folder, and each is run against the promises', () => {
  const folders = readdirSync(join(root, 'adapters/store'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(Object.keys(stores).sort()).toEqual(folders.sort());
  expect(Object.values(stores).map((adapter) => adapter.name).sort()).toEqual(folders.sort());
  const suites = readdirSync(join(root, 'test/contract/store')).filter((file) => file.includes('.contract.')).map((file) => file.split('.')[0]);
  expect(suites.sort()).toEqual(folders.sort());
});
