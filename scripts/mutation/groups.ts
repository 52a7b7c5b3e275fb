/**
 * Files that are mutated together, and the tests that look at them: Jest loads all of a group's tests for each mutant, so that few and quick ones are named. No properties: they are slow under
 * instruments, and a mutant that is only slow would count as noticed.
 */
export interface Group { readonly mutate: readonly string[]; readonly tests: readonly string[] }

const A = 'domain/analysis';
const of = (folder: string, names: readonly string[]): readonly string[] => names.map((name) => `${folder}/${name}.ts`);
const unit = (...names: readonly string[]): readonly string[] => names.map((name) => `test/unit/${name}.test.ts`);
const analysis = (...names: readonly string[]): readonly string[] => unit(...names.map((name) => `analysis/${name}`));

/** Together all of domain/analysis; a test holds that. */
export const GROUPS: Readonly<Record<string, Group>> = {
  stats: {
    mutate: [`${A}/stats/*.ts`, `!${A}/stats/group-sequential.ts`],
    tests: [...analysis('stats', 'acceptance', 'judge', 'stats/catalogue', 'stats/special-functions', 'stats/mann-kendall', 'stats/edges'), ...unit('offline/judge-summary')],
  },
  sequential: { mutate: [`${A}/stats/group-sequential.ts`], tests: analysis('stats/group-sequential') },
  judge: {
    mutate: of(A, ['decide', 'judge', 'judge-field', 'field', 'field-evidence', 'judge-version', 'verdict', 'compare-paired', 'compare-rate', 'compare-segments', 'compare-share', 'paired-bounds', 'cycles', 'evidence', 'valid-blocks', 'thresholds', 'totals', 'projection', 'provisional', 'money-finding', 'not-measured', 'sampled-outcomes', 'metric-plan']),
    tests: analysis('engine', 'judge', 'judge-parts', 'judge-field', 'provisional'),
  },
  fold: {
    mutate: [...of(A, ['fold', 'fold-rows', 'fold-slot', 'fold-split', 'fold-sampled', 'fold-rate', 'fold-share', 'pair-rows', 'requests', 'segments', 'blocks']), `${A}/metrics/*.ts`],
    tests: analysis('engine', 'fold', 'slot-metrics', 'split'),
  },
  plan: {
    mutate: of(A, ['planning', 'earlier-rollouts', 'false-promotions', 'drafting', 'learning', 'tuning', 'forecast', 'plan']),
    tests: analysis('engine', 'plan-parts', 'planning', 'earlier-rollouts', 'false-promotions', 'forecast'),
  },
  seal: { mutate: of(A, ['sealing', 'pages', 'closed-page', 'block-line', 'evidence-digest']), tests: [...analysis('sealing', 'judge', 'split', 'segments'), ...unit('collector/seal', 'collector/paging')] },
  text: { mutate: of(A, ['explain', 'explain-owner', 'explained', 'reason-texts', 'forecast-note']), tests: analysis('engine', 'explain', 'forecast') },
};
