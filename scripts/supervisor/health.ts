import { open, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { HealthAnswer } from '../../api/contract.ts';
import { ensurePrimary } from './servers.ts';

/** One question to a process: null when it is well, else what is missing. */
export type Probe = () => Promise<string | null>;
const PROBE_MS = 2_000;
const PRIMARY_MS = 5_000;

/** GET answers 2xx. */
export function httpProbe(url: string): Probe {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
      await response.arrayBuffer();
      return response.ok ? null : `${url} answers ${String(response.status)}`;
    } catch { return `${url} does not answer`; }
  };
}

/** The health page of the API says ok. */
export function apiProbe(url: string): Probe {
  return async () => {
    try {
      const response = await fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(2 * PROBE_MS) });
      const { status, checks } = await response.json() as HealthAnswer;
      return status === 'ok' ? null : checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`).join('; ');
    } catch { return `${url} does not answer`; }
  };
}

export function tcpProbe(host: string, port: number): Probe {
  return () => new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (text: string | null): void => { socket.destroy(); resolve(text); };
    socket.setTimeout(PROBE_MS, () => { answer(`${host}:${String(port)} does not answer`); });
    socket.once('connect', () => { answer(null); });
    socket.once('error', () => { answer(`nothing listens on ${host}:${String(port)}`); });
  });
}

/** The replica set has a primary; it is initiated on the way where it never was. */
export function primaryProbe(port: number): Probe {
  const listening = tcpProbe('127.0.0.1', port);
  return async () => await listening() ?? ensurePrimary(port, PRIMARY_MS).then(() => null, (error: unknown) => error instanceof Error ? error.message : String(error));
}

/** The process wrote its `ready` line (config/run.ts) into its log since `offset`: for processes that no port tells apart. */
export function readyLineProbe(logFile: string, offset: () => number): Probe {
  return async () => (await textSince(logFile, offset())).includes('"message":"ready"') ? null : 'it has not said ready yet';
}

export function allOf(probes: readonly Probe[]): Probe {
  return async () => {
    for (const probe of probes) {
      const problem = await probe();
      if (problem !== null) return problem;
    }
    return null;
  };
}

/** Content of a file from `offset` on; '' where there is none. */
export async function textSince(file: string, offset: number): Promise<string> {
  const size = await stat(file).then((facts) => facts.size, () => 0);
  if (size <= offset) return '';
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    return buffer.toString('utf8', 0, bytesRead);
  } finally { await handle.close(); }
}
