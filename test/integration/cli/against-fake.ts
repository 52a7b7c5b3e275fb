import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeLastmile, type FakeLastmile, type Seen } from './fake-lastmile.ts';
import { run, type Ran } from '../../support/cli-run.ts';

export interface AgainstFake {
  /** The one of the test that runs. */
  readonly fake: () => FakeLastmile;
  /** Holds the key file; empty else. */
  readonly folder: () => string;
  readonly cli: (...argv: string[]) => Promise<Ran>;
  readonly sent: (path: string) => Seen;
}

/** For every test of the file that calls it: a fake API of its own, and the command line with a key file against it. */
export function againstFake(): AgainstFake {
  let fake: FakeLastmile;
  let folder: string;
  beforeEach(async () => {
    fake = await fakeLastmile({});
    folder = mkdtempSync(join(tmpdir(), 'lastmile-cli-'));
    writeFileSync(join(folder, 'key'), 'lm_0123456789abcdef\n');
  });
  afterEach(async () => { await fake.close(); });
  return {
    fake: () => fake, folder: () => folder,
    cli: (...argv) => run(['--api', fake.url, '--key-file', join(folder, 'key'), ...argv]),
    sent: (path) => fake.seen.findLast((seen) => seen.path === path)!,
  };
}
