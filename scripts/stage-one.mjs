/**
 * Stage one of every command: plain JavaScript that runs on any Node from 20.3 on with nothing installed.
 * It installs the dependencies where they are missing or older than package-lock.json, and goes on under Node 24.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const OLDEST = [20, 3];
const WANTED = 24;
const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.lastmile-installed');
const windows = process.platform === 'win32';

/** Installs what is missing, then runs `scripts/<script>` with `args` under Node 24 and ends with its exit code. `readsDotEnv`: a .env beside package.json counts. */
export async function stageTwo(script, args, { readsDotEnv = false } = {}) {
  checkNode();
  if (!isInstalled()) await alone(async () => { if (!isInstalled()) await install(); });
  const node = await node24();
  // Tools of the repository (tsc, jest, eslint) and Node 24 itself come first for every child process.
  const path = [join(node, '..'), join(modules, '.bin'), process.env.PATH].filter(Boolean).join(windows ? ';' : ':');
  process.exitCode = await run(node, [...(readsDotEnv && existsSync(join(root, '.env')) ? ['--env-file=.env'] : []), join(root, 'scripts', script), ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  fail(`lastmile needs Node ${OLDEST.join('.')} or newer to set itself up (it then runs under Node ${WANTED}); this is ${process.version}. See https://nodejs.org/en/download`);
}

function lockDigest() { return createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex'); }

/** Two commands started at once must not install into one folder: the second waits, and finds it done. */
async function alone(work) {
  const lock = join(root, '.build', 'set-up.lock');
  mkdirSync(join(root, '.build'), { recursive: true });
  for (let waiting = false; !take(lock); waiting = true) {
    if (!waiting) say('Another command is installing the dependencies; waiting for it');
    await sleep(500);
  }
  process.once('exit', () => rmSync(lock, { force: true }));
  try { await work(); } finally { rmSync(lock, { force: true }); }
}

function take(lock) {
  try { writeFileSync(lock, String(process.pid), { flag: 'wx' }); return true; } catch (error) { if (error.code !== 'EEXIST') throw error; }
  const holder = Number(readFileSync(lock, 'utf8'));
  try { if (holder > 0) process.kill(holder, 0); } catch { rmSync(lock, { force: true }); }
  return false;
}

/** By the content of the lockfile where we installed; by time where a person ran npm. */
function isInstalled() {
  if (!existsSync(modules)) return false;
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8').trim() === lockDigest();
  const npmRecord = join(modules, '.package-lock.json');
  return existsSync(npmRecord) && statSync(npmRecord).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** By the lockfile, which stays as it is. Only where it does not fit package.json, the newest versions that do; nothing else that fails is got round. */
async function install() {
  say('Set-up, once: dependencies from the npm registry, about 860 MB on disk in node_modules');
  const { code, output } = await npm(['ci'], 'dependencies');
  if (code !== 0) {
    if (!/\bEUSAGE\b/.test(output)) fail(`npm ci ended with code ${code}:\n${errorLines(output)}`);
    say(`package-lock.json does not fit package.json (npm install brings it up to date); taking the newest versions that fit:\n${errorLines(differences(output))}`);
    await mustNpm(['install', '--no-package-lock'], 'dependencies');
  }
  writeFileSync(stamp, `${lockDigest()}\n`);
}

/** Of what npm ci says (it goes on with all its options), how the two files differ. */
function differences(output) { return output.split('\n').filter((line) => /\b(Missing|Invalid): /.test(line)).join('\n'); }

async function mustNpm(args, what) {
  const { code, output } = await npm(args, what);
  if (code !== 0) fail(`npm ${args.join(' ')} ended with code ${code}:\n${errorLines(output)}`);
}

async function npm(args, what) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  const live = process.stderr.isTTY;
  const timer = setInterval(() => process.stderr.write(live ? `\r  … ${what} ${seconds()} ` : `  … ${what} ${seconds()}\n`), live ? 1000 : 10_000);
  const output = [];
  // An npm that knows no allowScripts (package.json) would let onnxruntime-node fetch GPU libraries that nothing here uses.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const code = await run(windows ? 'npm.cmd' : 'npm', [...args, '--no-audit', '--no-fund'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], shell: windows }, (chunk) => output.push(chunk));
  clearInterval(timer);
  if (live) process.stderr.write('\r\u001b[2K');
  if (code === 0) say(`  ✓ ${what.padEnd(22)} ${seconds()}`);
  return { code, output: Buffer.concat(output).toString() };
}

function errorLines(output) {
  return output.trim().split('\n').filter((line) => !line.startsWith('npm warn')).slice(-15).map((line) => `    ${line}`).join('\n');
}

/** This Node when it is new enough; else the one that the npm package `node` brought, or the platform package that it stands for. */
async function node24() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED) return process.execPath;
  const binary = windows ? 'node.exe' : 'node';
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node;
  const platform = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const places = [join(modules, 'node', 'bin', binary), join(modules, platform, 'bin', binary), join(root, '.tools', 'node', 'node_modules', platform, 'bin', binary)];
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  // Where install scripts are switched off, the package `node` stays empty; the platform package holds the same binary without a script.
  say(`Node ${WANTED} is missing (install scripts seem to be switched off); fetching ${platform}@${wanted}, about 120 MB on disk`);
  const prefix = join(root, '.tools', 'node');
  mkdirSync(prefix, { recursive: true });
  await mustNpm(['install', '--no-save', '--no-package-lock', '--prefix', prefix, `${platform}@${wanted}`], `Node ${wanted}`);
  return places.find((path) => existsSync(path)) ?? fail(`Node ${WANTED} could not be had. Install it from https://nodejs.org/en/download and run the command again.`);
}

/** Ends when the child does: Ctrl-C reaches the child by itself, other signals are passed on. */
function run(command, args, options, onOutput = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, options);
    child.stdout?.on('data', onOutput);
    child.stderr?.on('data', onOutput);
    const onInterrupt = () => {};
    const passOn = (signal) => child.kill(signal);
    process.on('SIGINT', onInterrupt);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, passOn);
    child.on('error', (error) => { onOutput(Buffer.from(error.message)); resolve(1); });
    child.on('close', (code, signal) => {
      process.off('SIGINT', onInterrupt);
      for (const name of ['SIGTERM', 'SIGHUP']) process.off(name, passOn);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

function say(line) { process.stderr.write(`${line}\n`); }
function fail(message) { say(message); process.exit(1); }
