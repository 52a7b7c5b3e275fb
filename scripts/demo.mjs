import { stageTwo } from './stage-one.mjs';

// A .env beside package.json is read where there is one.
await stageTwo('demo.ts', process.argv.slice(2), ['--env-file-if-exists=.env']);
