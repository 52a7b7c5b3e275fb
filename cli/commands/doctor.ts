import type { Command } from 'commander';
import { describeError } from '../../config/log.ts';
import { isLastmileError } from '../../domain/errors.ts';
import { act, type Context, type Session } from '../context.ts';
import { developmentKeyFile } from '../connect.ts';
import { EXIT } from '../exit-codes.ts';
import { paint } from '../io.ts';
import { give } from '../output.ts';

/** One thing looked at. `todo` says what to do where it is not well. */
export interface Check { readonly name: string; readonly ok: boolean; readonly detail: string; readonly todo: string | null }

export function registerDoctor(program: Command, context: Context): void {
  program.command('doctor').description('check the way from here to an answer; each failed check says what to do')
    .action(act<[], object>(context, async (session, options) => {
      const checks = await examine(session, options);
      give(session.output, checks, () => checks.map((check) => `${paint(session.output, check.ok ? 'good' : 'bad', check.ok ? 'ok  ' : 'FAIL')}  ${check.name}: ${check.detail}${check.todo === null ? '' : `\n      do: ${check.todo}`}`).join('\n'));
      return checks.every((check) => check.ok) ? EXIT.good : EXIT.error;
    }));
}

const LEAST_NODE = 24;

async function examine(session: Session, options: { readonly gateway?: string | undefined }): Promise<readonly Check[]> {
  const major = Number(process.versions.node.split('.')[0]);
  const node: Check = { name: 'node', ok: major >= LEAST_NODE, detail: `version ${process.versions.node}`, todo: major >= LEAST_NODE ? null : 'run through `npx lastmile` or an npm script, which bring Node 24' };
  const health = await checked('api', 'start one with `npm start`, or name yours with --api or LASTMILE_API_URL', () => session.client.call('health'));
  if (health.answer === null) return [node, health.check];
  const { checks, version, links } = health.answer;
  const parts = checks.map(({ name, ok, detail }): Check => ({ name, ok, detail, todo: ok ? null : todoFor(name, session) }));
  return [node, { ...health.check, detail: `version ${version} at ${session.client.url}` }, ...parts, await keyCheck(session), await gatewaysCheck(session), await gatewayCheck(options.gateway ?? links.gateway)];
}

async function checked<T>(name: string, todo: string, call: () => Promise<T>): Promise<{ check: Check; answer: T | null }> {
  try {
    return { answer: await call(), check: { name, ok: true, detail: 'answers', todo: null } };
  } catch (error) {
    return { answer: null, check: { name, ok: false, detail: isLastmileError(error) ? error.message : describeError(error), todo } };
  }
}

function todoFor(name: string, { config }: Session): string {
  const known: Readonly<Record<string, string>> = {
    orchestrator: `is a Temporal server at ${config.temporal.address}? \`npm start\` runs one; another is named by LASTMILE_TEMPORAL_ADDRESS`,
    store: 'is MongoDB up, with a replica set? `npm start` runs one; another is named by MONGODB_URI',
    schema: 'the database was written by another version of lastmile: run the one that wrote it, or upgrade every process together',
    gateways: 'start a gateway (`npm start` runs two); it must reach the API and hold the service token',
  };
  return known[name] ?? 'read the log of the process that is named, under the data directory (LASTMILE_DATA_DIR)';
}

async function keyCheck({ client, config }: Session): Promise<Check> {
  const todo = `set LASTMILE_API_KEY, give --key-file FILE, or run where \`npm start\` left ${developmentKeyFile(config.dataDir)}`;
  return (await checked('key', todo, () => client.call('listDeployments', { query: { limit: 1 } }))).check;
}

async function gatewaysCheck({ client }: Session): Promise<Check> {
  const { answer, check } = await checked('gateways', 'a key with scope read is needed', () => client.call('gateways'));
  if (answer === null) return check;
  const live = answer.gateways.filter((gateway) => gateway.live);
  const behind = live.filter((gateway) => gateway.behind.length > 0);
  if (live.length === 0) return { ...check, ok: false, detail: `none of ${answer.gateways.length} has a live lease`, todo: 'start a gateway (`npm start` runs two); it must reach the API and hold the service token' };
  if (behind.length > 0) return { ...check, ok: false, detail: behind.map((gateway) => `${gateway.gatewayId} has not confirmed ${gateway.behind.join(', ')}`).join('; '), todo: 'wait some seconds and look again; if it stays, look at that gateway\'s log' };
  return { ...check, detail: `${live.length} live, all with the newest routes` };
}

async function gatewayCheck(url: string): Promise<Check> {
  const { check } = await checked('traffic', `can this machine reach ${url}? name another address with --gateway or LASTMILE_GATEWAY_URL`, async () => {
    const response = await fetch(`${url}/v2/health/live`, { signal: AbortSignal.timeout(3_000) });
    if (!response.ok) throw new Error(`${url}/v2/health/live answered ${response.status}`);
  });
  return check.ok ? { ...check, detail: `${url} answers` } : check;
}
