// The health check of a container. `probe.mjs URL`: code 0 when GET URL answers 2xx. `probe.mjs FILE SECONDS`: code 0 when FILE is younger.
import { statSync } from 'node:fs';

const PATIENCE_MS = 3_000;
const [what = '', seconds] = process.argv.slice(2);

async function well() {
  if (seconds !== undefined) return Date.now() - statSync(what).mtimeMs < Number(seconds) * 1_000;
  return (await fetch(what, { signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
}

process.exit(await well().catch(() => false) ? 0 : 1);
