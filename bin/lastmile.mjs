#!/usr/bin/env node
/**
 * Starts the CLI under Node 24: from the sources in a clone, from dist in the published package.
 * Plain JavaScript that an older Node can read, so that it can say what to do.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const WANTED = 24;
const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'cli', 'main.ts');
const compiled = join(root, 'dist', 'cli', 'main.js');
// In a clone the sources are there and are what counts; the package holds dist alone (Node strips no types under node_modules).
const entry = existsSync(source) ? source : compiled;

if (Number(process.versions.node.split('.')[0]) >= WANTED) {
  if (!existsSync(join(root, 'node_modules')) && entry === source) fail('The dependencies are not installed yet: run `npm install`, or `npm start`, which does it.');
  // The CLI reads process.argv as if it had been started itself.
  process.argv[1] = entry;
  await import(pathToFileURL(entry).href);
} else {
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const places = [join(root, 'node_modules', 'node', 'bin', binary), join(root, '..', 'node', 'bin', binary), join(root, '.tools', 'node', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', binary)];
  const node = places.find((path) => existsSync(path));
  if (node === undefined) {
    fail(`lastmile needs Node ${WANTED} or newer; this is ${process.version}. Install it from https://nodejs.org/en/download, or put it beside lastmile: npm install node@${WANTED}`);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; this process only waits for its exit code.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
