import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_CASES, engineAnswers, foldAnswers, FOLDS } from './engine-cases.ts';

/** Records what the engine says of the cases of engine-cases.ts. What changes in the file is what changes for those who use it. */
const recorded = {
  folds: Object.fromEntries(FOLDS.map(([metric, how]) => [`${metric}, ${how}`, foldAnswers(metric, how)])),
  cases: Object.fromEntries(ENGINE_CASES.map((each) => [each.name, engineAnswers(each)])),
};
const lines = (of: object): string => Object.entries(of).map(([name, answer]) => `  ${JSON.stringify(name)}: ${JSON.stringify(answer)}`).join(',\n');
writeFileSync(join(import.meta.dirname, '..', 'fixtures', 'engine.json'), `{\n"folds": {\n${lines(recorded.folds)}\n},\n"cases": {\n${lines(recorded.cases)}\n}\n}\n`);
