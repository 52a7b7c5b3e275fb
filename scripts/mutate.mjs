import { stageTwo } from './stage-one.mjs';

await stageTwo('mutate.ts', process.argv.slice(2));
