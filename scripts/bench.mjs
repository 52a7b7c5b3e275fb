import { stageTwo } from './stage-one.mjs';

await stageTwo('bench.ts', process.argv.slice(2));
