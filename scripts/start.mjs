import { stageTwo } from './stage-one.mjs';

await stageTwo('start.ts', process.argv.slice(2), { readsDotEnv: true });
