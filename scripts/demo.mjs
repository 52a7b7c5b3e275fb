import { stageTwo } from './stage-one.mjs';

await stageTwo('demo.ts', process.argv.slice(2), { readsDotEnv: true });
