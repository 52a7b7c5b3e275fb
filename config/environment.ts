import { load, type Config } from './load.ts';

/** The configuration of this process: the one place that reads the environment. */
export function loadEnvironment(): Config { return load(process.env, process.cwd()); }

/** The whole environment, for child processes that inherit it. */
export function inheritedEnvironment(): Readonly<Record<string, string | undefined>> { return { ...process.env }; }
