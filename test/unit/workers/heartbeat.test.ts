import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../conformance/stores/suite.ts';
import { startHeartbeat } from '../../../workers/heartbeat.ts';

test('the file is written while all is well, not while it is not, and is gone after the end', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'heartbeat-')), 'alive');
  let state: 'well' | 'sick' | 'broken' = 'well';
  let looks = 0;
  const heartbeat = startHeartbeat(file, async () => { looks += 1; if (state === 'broken') throw new Error('no answer'); return state === 'well'; }, 5);
  expect(await eventually(async () => existsSync(file), 60_000)).toBe(true);
  for (const next of ['sick', 'broken'] as const) {
    state = next;
    const from = looks;
    await eventually(async () => looks > from + 2, 60_000);
    rmSync(file, { force: true });
    await eventually(async () => looks > from + 6, 60_000);
    expect({ next, written: existsSync(file) }).toEqual({ next, written: false });
  }
  state = 'well';
  expect(await eventually(async () => existsSync(file), 60_000)).toBe(true);
  await heartbeat.stop();
  expect(existsSync(file)).toBe(false);
});
