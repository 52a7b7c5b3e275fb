import { parseArgs } from 'node:util';
import { loadEnvironment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { onInterrupt, type Interruption } from './interrupt.ts';
import { createProgress, type Progress } from './progress.ts';
import { runCommand } from './run-command.ts';
import { tellStory, type Story } from './story.ts';
import { startStack, type Stack } from './supervisor.ts';

const STORY_MS = 3_000;
const USAGE = `npm start [-- OPTIONS]

Runs lastmile on this machine: Temporal, MongoDB, API, worker, collector, modelhost and gateways, then a story on live traffic. Ctrl-C ends all of it;
the next start goes on from the same data.

  --fresh     begin with an empty data folder
  --no-demo   the processes only, no story
  --help      this text

Environment: .env.example names every variable. Another place: LASTMILE_PORT_BASE=7400 LASTMILE_DATA_DIR=.data-2 npm start
`;

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { fresh: { type: 'boolean' }, 'no-demo': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) { process.stdout.write(USAGE); return 0; }
  const progress = createProgress(process.stderr);
  let stack: Stack | null = null;
  const interruption = onInterrupt();
  const config = loadEnvironment();
  try {
    stack = await startStack({ config, progress, fresh: values.fresh ?? false, reuse: false, interruption });
    progress.say(links(config));
    await (values['no-demo'] === true ? interruption.interrupted : untilInterrupted(stack, { config, progress, interruption }));
    return 0;
  } catch (error) {
    if (interruption.end.aborted) return 0;
    throw error;
  } finally {
    if (stack !== null) await stopStack(stack, progress);
    progress.close();
  }
}

/** The story goes on with traffic until Ctrl-C; one that breaks off leaves the processes up for a look. */
async function untilInterrupted(stack: Stack, { config, progress, interruption }: { config: Config; progress: Progress; interruption: Interruption }): Promise<void> {
  const story = tellStory(config, []);
  interruption.kill.addEventListener('abort', () => { story.kill(); });
  if (story.process !== null) stack.note('story', story.process);
  const code = await Promise.race([story.ended, interruption.interrupted.then(() => null)]);
  if (code === null) { await endStory(story); return; }
  progress.say(`The story ended with code ${String(code)}. Everything still runs; Ctrl-C ends it.`);
  await interruption.interrupted;
}

/** It notes where the stream stands, so that the next start goes on from there. */
async function endStory(story: Story): Promise<void> {
  story.end();
  const timer = setTimeout(() => { story.kill(); }, STORY_MS);
  await story.ended;
  clearTimeout(timer);
}

async function stopStack(stack: Stack, progress: Progress): Promise<void> {
  const step = progress.step('stopping');
  await stack.stop();
  step.done('the data is kept; the next start goes on from it');
}

function links(config: Config): string {
  return [
    '',
    `  page         ${config.api.url}/`,
    ...(config.temporal.uiUrl === null ? [] : [`  Temporal     ${config.temporal.uiUrl}`]),
    `  gateway      ${config.gateway.url}/v2`,
    `  logs         ${config.dataDir}/logs`,
    '',
    '  In another terminal:  npx lastmile status   ·   npx lastmile watch NAME   ·   npx lastmile explain NAME',
    '',
  ].join('\n');
}

if (import.meta.main) runCommand(main);
