import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../../adapters/define.ts';
import { ROOT } from '../support/source-tree.ts';

const ADAPTERS = join(ROOT, 'adapters');
const PORTS = ['artifact', 'checkpoint', 'metrics', 'notify', 'orchestrator', 'registry', 'serving', 'store', 'training'];
const folders = readdirSync(ADAPTERS, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();

test('every folder of adapters stands for one known port', () => { expect(folders).toEqual(PORTS); });

describe.each(folders)('adapters/%s', (folder) => {
  const path = join(ADAPTERS, folder);
  const declaresAdapter = (file: string): boolean => file.endsWith('.ts') && readFileSync(file, 'utf8').includes(': Adapter<');

  /** NAME.ts or NAME/: everything here that declares an adapter; what adapters share declares none. */
  const onDisk = readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'index.ts') return [];
    if (!entry.isDirectory()) return declaresAdapter(join(path, entry.name)) ? [entry.name.replace(/\.ts$/, '')] : [];
    return readdirSync(join(path, entry.name)).some((file) => declaresAdapter(join(path, entry.name, file))) ? [entry.name] : [];
  });

  test('its catalogue lists every adapter in the folder, under its own name', async () => {
    const catalogues = Object.values(await import(join(path, 'index.ts')) as Record<string, unknown>).filter((value) => typeof value === 'object' && value !== null);
    expect(catalogues).toHaveLength(1);
    const catalogue = catalogues[0] as Readonly<Record<string, Adapter<unknown, unknown>>>;
    expect(Object.keys(catalogue).sort()).toEqual(onDisk.sort());
    for (const [name, adapter] of Object.entries(catalogue)) expect(adapter).toMatchObject({ name, summary: expect.stringMatching(/\S/) as string });
  });
});
