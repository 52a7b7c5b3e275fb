import { loadEnvironment } from '../config/environment.ts';
import { onInterrupt } from './interrupt.ts';
import { createProgress } from './progress.ts';
import { runCommand } from './run-command.ts';
import { tellStory } from './story.ts';
import { startStack, type Stack } from './supervisor.ts';

/**
 * npm run demo [-- --exit --json --fresh …]: starts what is not running, runs the story, ends with its exit code. What it started it also stops.
 * All arguments but --fresh go to `lastmile demo`.
 */
export async function main(args: readonly string[]): Promise<number> {
  const progress = createProgress(process.stderr);
  let stack: Stack | null = null;
  const interruption = onInterrupt();
  const config = loadEnvironment();
  try {
    stack = await startStack({ config, progress, fresh: args.includes('--fresh'), reuse: true, interruption });
    if (!stack.started) progress.say(`Using the lastmile that runs at ${config.api.url}`);
    const story = tellStory(config, args.filter((arg) => arg !== '--fresh'));
    if (story.process !== null) stack.note('story', story.process);
    interruption.end.addEventListener('abort', () => { story.end(); });
    interruption.kill.addEventListener('abort', () => { story.kill(); });
    return await story.ended;
  } finally {
    await stack?.stop();
    progress.close();
  }
}

if (import.meta.main) runCommand(main);
