import { globSync } from 'node:fs';
import { GROUPS } from '../../scripts/mutation/groups.ts';

test('npm run mutate changes every file of domain/analysis in exactly one group, and names tests that are there', () => {
  const all = globSync('domain/analysis/**/*.ts');
  const mutated = Object.values(GROUPS).flatMap(({ mutate }) => {
    const without = new Set(mutate.filter((glob) => glob.startsWith('!')).flatMap((glob) => globSync(glob.slice(1))));
    return mutate.filter((glob) => !glob.startsWith('!')).flatMap((glob) => globSync(glob)).filter((file) => !without.has(file));
  });
  expect([...mutated].sort()).toEqual([...all].sort());
  for (const { tests } of Object.values(GROUPS)) for (const test of tests) expect([test, globSync(test)]).toEqual([test, [test]]);
});
