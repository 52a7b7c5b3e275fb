import { createServer } from 'node:net';
import { LastmileError } from '../../domain/errors.ts';
import { commandLineOf, listenerOf } from './process-table.ts';

export interface PortUse { readonly title: string; readonly host: string; readonly port: number }

/** LM_PORT_TAKEN names every taken port, who holds it where the system tells, and the way out. */
export async function assertPortsFree(uses: readonly PortUse[], portBase: number): Promise<void> {
  const taken: PortUse[] = [];
  for (const use of uses) if (!(await isFree(use))) taken.push(use);
  if (taken.length === 0) return;
  const lines = taken.map((use) => `  ${String(use.port)} (${use.title}) ${holder(use.port)}`);
  throw new LastmileError('LM_PORT_TAKEN', [
    `${taken.length === 1 ? 'A port is' : `${String(taken.length)} ports are`} taken:`, ...lines,
    `End what holds ${taken.length === 1 ? 'it' : 'them'}, or move lastmile: LASTMILE_PORT_BASE=${String(otherBase(portBase))} npm start`,
  ].join('\n'), { details: { ports: taken.map(({ port }) => port) } });
}

function isFree({ host, port }: PortUse): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => { resolve(false); });
    server.listen({ host, port, exclusive: true }, () => { server.close(() => { resolve(true); }); });
  });
}

const SHOWN = 100;

function holder(port: number): string {
  const pid = listenerOf(port);
  const command = pid === null ? null : commandLineOf(pid);
  return pid === null || command === null ? 'by a process that this user may not see' : `by process ${String(pid)}: ${command.length > SHOWN ? `${command.slice(0, SHOWN)}…` : command}`;
}

function otherBase(base: number): number { return base >= 60_000 ? 7_300 : base + 100; }
