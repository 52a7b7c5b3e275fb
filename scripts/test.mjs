import { stageTwo } from './stage-one.mjs';

await stageTwo('test.ts', process.argv.slice(2));
