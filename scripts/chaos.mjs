import { stageTwo } from './stage-one.mjs';

await stageTwo('chaos.ts', process.argv.slice(2));
