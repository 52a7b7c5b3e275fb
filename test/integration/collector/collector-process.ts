import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
export const TOKEN = 'a-service-token-of-at-least-32-characters';

/** A real collector process that can be killed and started again on the same port. */
export interface CollectorProcess {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

export async function collectorProcess(of: { readonly uri: string; readonly database: string }): Promise<CollectorProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child?.exitCode !== null || child.signalCode !== null) return null;
    const exited = once(child, 'exit');
    child.kill(signal);
    return (await exited)[0] as number | null;
  };
  return {
    url,
    async start() {
      const env = { PATH: process.env.PATH, MONGODB_URI: of.uri, LASTMILE_MONGODB_DATABASE: of.database, LASTMILE_COLLECTOR_PORT: String(port), LASTMILE_SERVICE_TOKEN: TOKEN, LASTMILE_LOG_LEVEL: 'warn' };
      child = spawn('node', ['collector/main.ts'], { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
      for (let i = 0; i < 400; i += 1) {
        if (child.exitCode !== null) throw new Error(`the collector ended with code ${child.exitCode}`);
        if (await fetch(`${url}/health`).then((response) => response.ok, () => false)) return;
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
      throw new Error('the collector did not become ready in 20 s');
    },
    async kill() { await end('SIGKILL'); },
    stop: () => end('SIGTERM'),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** As a gateway does: again and again until it is acknowledged. */
export async function postUntilTaken(url: string, body: string): Promise<void> {
  for (let i = 0; i < 600; i += 1) {
    const status = await post(url, body).then((response) => response.status, () => 0);
    if (status === 200) return;
    if (status === 400) throw new Error('the collector refused a recorded batch');
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error('a batch was not taken within 30 s');
}

export function post(url: string, body: string, token: string = TOKEN): Promise<Response> {
  return fetch(`${url}/v1/records`, { method: 'POST', body, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } });
}
