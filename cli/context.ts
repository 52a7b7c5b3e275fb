import { join } from 'node:path';
import type { Command } from 'commander';
import { loadEnvironment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { parseDuration } from '../domain/duration.ts';
import type { Prepared } from '../ports/stores.ts';
import { renewKit, type KitPlace } from './break-glass/kit.ts';
import { createClient, type Client } from './client.ts';
import { apiKey, apiUrl, type ConnectFlags } from './connect.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** Options that every command takes. */
export interface GlobalOptions extends ConnectFlags { readonly json?: boolean; readonly color?: boolean; readonly timeout: string; readonly gateway?: string }

/** What a command works with. Nothing is read or opened before it is asked for. */
export interface Session {
  readonly output: Output;
  readonly config: Config;
  readonly client: Client;
  /** The same API; its calls are not cut off by Ctrl-C, for what has to be finished then. */
  readonly lasting: Client;
  /** Where the kit lies by which `kill` works without the API. */
  readonly kitPlace: KitPlace;
  /** The gateway that --gateway or the API names. */
  gateway(connections?: number): Promise<Gateway>;
}

/** `migrate` opens the database itself: the one thing that must be possible before any API runs. */
export interface Context { readonly io: Io; exitCode: ExitCode; readonly migrate?: Migrate | undefined }
export type Migrate = (config: Config) => Promise<Prepared>;

/** An action gives the exit code, or nothing for 0. `options` holds the command's own and the global ones. */
export type Action<Arguments extends unknown[], Options> = (session: Session, options: Options & GlobalOptions, ...args: Arguments) => Promise<ExitCode | undefined>;

/** Binds an action to a command: commander's (…args, options, command) to a session. */
export function act<Arguments extends unknown[], Options>(context: Context, action: Action<Arguments, Options>): (...raw: unknown[]) => Promise<void> {
  return async (...raw) => {
    const command = raw.at(-1) as Command;
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    const session = openSession(context.io, options);
    context.exitCode = (await action(session, options, ...(raw.slice(0, -2) as Arguments))) ?? EXIT.good;
    if (session.client.isReached()) await renewKit(session.client, session.kitPlace, Date.now());
  };
}

export function openSession(io: Io, options: GlobalOptions): Session {
  const config = loadEnvironment();
  const key = apiKey(options, config, join(import.meta.dirname, '..'));
  const timeoutMs = parseDuration(options.timeout);
  const api = { url: apiUrl(options, config), key, timeoutMs };
  const client = createClient({ ...api, signal: io.signal });
  return {
    config, client, lasting: createClient(api), kitPlace: { stateDir: config.stateDir, apiUrl: api.url, key }, output: { ...io, json: options.json ?? false },
    gateway: async (connections = 4) => createGateway({ url: options.gateway ?? (await client.call('health')).links.gateway, key, timeoutMs, connections }),
  };
}
