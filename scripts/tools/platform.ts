/** Platforms that the local servers are published for. */
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Null where no local servers can be had (Windows: use WSL 2, or name servers that run elsewhere). */
export function platformOf(os: string, architecture: string): Platform | null {
  const key = `${os}-${architecture}`;
  return PLATFORMS.find((known) => known === key) ?? null;
}

/** MongoDB publishes one Linux build per distribution; the builds of Ubuntu 22.04 also run on newer glibc systems with OpenSSL 3. */
export const MONGODB_LINUX_TARGETS = ['debian12', 'ubuntu2204', 'ubuntu2404', 'rhel8', 'rhel93', 'rhel10', 'amazon2023'] as const;
export type MongodbLinuxTarget = (typeof MONGODB_LINUX_TARGETS)[number];

/** Which build fits the text of /etc/os-release. */
export function mongodbTarget(osRelease: string, platform: Platform): MongodbLinuxTarget {
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  const family = [field('ID'), ...field('ID_LIKE').split(' ')];
  const major = Number.parseInt(field('VERSION_ID'), 10);
  if (field('ID') === 'amzn') return 'amazon2023';
  if (family.some((name) => ['rhel', 'fedora', 'centos', 'rocky', 'almalinux'].includes(name))) return major >= 10 ? 'rhel10' : major === 9 ? 'rhel93' : 'rhel8';
  if (field('ID') === 'debian' && platform === 'linux-x64') return 'debian12';
  return field('ID') === 'ubuntu' && major >= 24 ? 'ubuntu2404' : 'ubuntu2204';
}
