import { loadEnvironment } from './environment.ts';
import type { Config } from './load.ts';
import { createLog, type Log } from './log.ts';
import { refuseWeakStart, type ProcessKind } from './production.ts';

/** A running process of ours. `stop` drains and closes; it is called once. */
export interface Running { stop(): Promise<void> }

/**
 * The shape of every main.ts: configuration, start, `ready` on the log, a clean stop on SIGTERM and SIGINT (a second one ends at once).
 * A start that fails says why on the log and ends with code 1.
 */
export async function runProcess(name: ProcessKind, start: (config: Config, log: Log) => Promise<Running>): Promise<void> {
  let log = createLog(name, 'info');
  try {
    const config = loadEnvironment();
    log = createLog(name, config.logLevel);
    refuseWeakStart(name, config);
    const running = await start(config, log);
    log.info('ready', { pid: process.pid });
    let stopping = false;
    const stop = (signal: string): void => {
      if (stopping) process.exit(1);
      stopping = true;
      log.info('stopping', { signal });
      running.stop().then(() => process.exit(0), (error: unknown) => { log.error('stop failed', { error }); process.exit(1); });
    };
    process.on('SIGTERM', () => { stop('SIGTERM'); });
    process.on('SIGINT', () => { stop('SIGINT'); });
  } catch (error) {
    log.error('could not start', { error });
    process.exit(1);
  }
}
