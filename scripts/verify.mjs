import { stageTwo } from './stage-one.mjs';

await stageTwo('verify.ts', process.argv.slice(2));
