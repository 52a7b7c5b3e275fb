import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { load } from '../../config/load.ts';
import { productionProblems, type ProcessKind } from '../../config/production.ts';
import { VARIABLES } from '../../config/schema.ts';
import { FILE_NAMES } from '../../config/secret-files.ts';
import { ROOT } from '../support/source-tree.ts';

// No Docker engine is needed here, and none is asked: what can be known of the compose file and the Dockerfile without one.
interface Service {
  readonly build?: string; readonly image?: string; readonly user?: string; readonly read_only?: boolean; readonly command?: readonly string[]; readonly restart?: string;
  readonly cap_drop?: readonly string[]; readonly cap_add?: readonly string[]; readonly security_opt?: readonly string[]; readonly privileged?: boolean;
  readonly environment?: Readonly<Record<string, string>>; readonly secrets?: readonly string[]; readonly volumes?: readonly string[]; readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] }; readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>; readonly deploy?: { readonly resources: { readonly limits: object } };
}
interface Compose { readonly services: Readonly<Record<string, Service>>; readonly secrets: Readonly<Record<string, { readonly file: string }>>; readonly volumes: object }

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const compose = parse(textOf('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const lasting = services.filter(([, { restart }]) => restart === 'unless-stopped');
const dockerfile = textOf('Dockerfile');
const kindOf = ({ command }: Service): string => /^dist\/(\w+)\/main\.js$/.exec(command?.[1] ?? '')?.[1] ?? '';

/** Rules that the linter sees broken. Order is left out: an anchor must stand before its use, and what a service runs before what it is limited by. */
function lint(file: string): readonly string[] {
  const off = ['--disable-rule', 'service-keys-order', '--disable-rule', 'top-level-properties-order'];
  const { stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'dclint', 'bin', 'dclint.cjs'), file, '--formatter', 'json', ...off], { cwd: ROOT, encoding: 'utf8' });
  const results = JSON.parse(stdout) as readonly { readonly messages: readonly { readonly rule: string; readonly message: string }[] }[];
  return results.flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`));
}

test('the file has the shape of the compose specification, and the linter finds nothing', () => { expect(lint('docker-compose.yml')).toEqual([]); });

test('the linter sees a wrong file', () => { expect(lint('test/fixtures/compose/wrong.yml')).toEqual([expect.stringMatching(/^invalid-schema: /)]); });

test('every process of lastmile is started, from an entry that exists', () => {
  expect(ours.map(([, service]) => kindOf(service)).sort()).toEqual(['api', 'collector', 'gateway', 'gateway', 'modelhost', 'workers']);
  for (const [name, service] of ours) expect({ name, command: service.command?.[0], entry: existsSync(join(ROOT, kindOf(service), 'main.ts')) }).toEqual({ name, command: 'node', entry: true });
});

test('every variable is one that lastmile reads', () => {
  const used = ours.flatMap(([, { environment }]) => Object.keys(environment ?? {}));
  expect(used.filter((name) => !(name in VARIABLES) && !FILE_NAMES.has(name))).toEqual([]);
  expect([...new Set([...textOf('docker-compose.yml').matchAll(/\bLASTMILE_\w+/g), ...dockerfile.matchAll(/\bLASTMILE_\w+/g)].map(([name]) => name))].filter((name) => !(name in VARIABLES) && !FILE_NAMES.has(name))).toEqual([]);
});

test('with the secrets that make-secrets.sh makes, each process may start in production; made again, they stay', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'compose-')), 'secrets');
  const make = (): void => { execFileSync('sh', [join(ROOT, 'compose', 'make-secrets.sh'), folder], { stdio: 'pipe' }); };
  make();
  const first = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  make();
  expect(readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))).toEqual(first);
  expect(Object.entries(compose.secrets).map(([name, { file }]) => `${name} ${file}`)).toEqual(readdirSync(folder).sort().map((name) => `${name} ./compose/secrets/${name}`));
  for (const [name, service] of ours) {
    const environment = Object.fromEntries(Object.entries(service.environment ?? {}).map(([key, value]) => [key, value.replace('/run/secrets', folder)]));
    const config = load({ LASTMILE_DATA_DIR: '/data', ...environment }, '/app');
    const kind = kindOf(service) === 'workers' ? 'worker' : kindOf(service) as ProcessKind;
    expect({ name, environment: config.environment, problems: productionProblems(kind, config) }).toEqual({ name, environment: 'production', problems: [] });
  }
});

test('secrets come by file: each one used is given to that service and made; none stands in the file', () => {
  for (const [name, { environment = {}, secrets = [] }] of services) {
    const wanted = Object.values(environment).flatMap((value) => /^\/run\/secrets\/(\w+)$/.exec(value)?.[1] ?? []);
    expect({ name, missing: wanted.filter((secret) => !secrets.includes(secret)), unknown: secrets.filter((secret) => !(secret in compose.secrets)) }).toEqual({ name, missing: [], unknown: [] });
    expect({ name, inline: Object.keys(environment).filter((key) => /PASSWORD|PWD|TOKEN|SECRET|_KEY$|URI$/.test(key) && !key.endsWith('_FILE')) }).toEqual({ name, inline: [] });
  }
});

test('images are pinned by version; the base image is the Node that this repository runs on', () => {
  const images = services.flatMap(([, { image }]) => image ?? []);
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => String(image));
  for (const image of [...images, ...bases]) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$/);
  const { devDependencies } = JSON.parse(textOf('package.json')) as { devDependencies: Record<string, string> };
  expect(new Set(bases)).toEqual(new Set([`node:${String(devDependencies.node)}-bookworm-slim`]));
});

test('nobody is root, has a capability, or gains one; our own root filesystems are read-only', () => {
  for (const [name, service] of services) {
    expect({ name, drop: service.cap_drop, add: service.cap_add, privileged: service.privileged, options: service.security_opt }).toEqual({ name, drop: ['ALL'], add: undefined, privileged: undefined, options: ['no-new-privileges:true'] });
  }
  for (const [name, { user, read_only }] of ours) expect({ name, user, read_only }).toEqual({ name, user: 'node', read_only: true });
  expect(dockerfile).toMatch(/^USER node$/m);
});

test('whatever goes on has a health check, limits, and waits for what it needs to be well; the rest ends', () => {
  expect(services.length - lasting.length).toBe(3);
  for (const [name, { healthcheck, deploy }] of lasting) expect({ name, health: (healthcheck?.test.length ?? 0) > 1, limits: deploy?.resources.limits }).toEqual({ name, health: true, limits: expect.objectContaining({ memory: expect.any(String), pids: expect.any(Number) }) });
  const ends = new Set(services.filter(([, { restart }]) => restart === 'on-failure:5').map(([name]) => name));
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) expect(`${name}: ${other} ${condition}`).toBe(`${name}: ${other} ${ends.has(other) ? 'service_completed_successfully' : 'service_healthy'}`);
  }
});

test('on the host, on loopback: the API, the gateways and the Web UI of Temporal, which cannot write', () => {
  expect(Object.fromEntries(services.filter(([, { ports }]) => ports !== undefined).map(([name, { ports }]) => [name, ports]))).toEqual({
    api: ['127.0.0.1:7300:7300'], 'gateway-1': ['127.0.0.1:7301:7301'], 'gateway-2': ['127.0.0.1:7311:7301'], 'temporal-ui': ['127.0.0.1:7305:8080'],
  });
  expect(compose.services['temporal-ui']?.environment?.TEMPORAL_DISABLE_WRITE_ACTIONS).toBe('true');
});

test('what is mounted or copied from here is here', () => {
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes).map((volume) => String(volume.split(':')[0]));
  expect(mounted.filter((source) => (source.startsWith('./') ? !existsSync(join(ROOT, source)) : !(source in compose.volumes)))).toEqual([]);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => String(sources).split(' '));
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
});
