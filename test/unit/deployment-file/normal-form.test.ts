import fc from 'fast-check';
import { z } from 'zod';
import { deploymentJsonSchema, parseDeployment } from '../../../domain/deployment.schema.ts';
import { renderDeployment } from '../../../domain/deployment-render.ts';
import type { DeploymentSpec } from '../../../domain/deployment.ts';
import { digestOfJson } from '../../../domain/digest.ts';
import { isLastmileError } from '../../../domain/errors.ts';
import { planChanges } from '../../../domain/plan-changes.ts';
import { leastTimeToVerdictMs, notMeasured, planNotes } from '../../../domain/plan-notes.ts';
import { deploymentFile } from '../../support/deployment-file-arbitraries.ts';

function parsedOrNull(input: unknown): DeploymentSpec | null {
  try {
    return parseDeployment(input);
  } catch (error) {
    if (isLastmileError(error) && error.code === 'LM_INVALID_SPEC') return null;
    throw error;
  }
}

test('normalising twice is normalising once, to the same hash', () => {
  let held = 0;
  fc.assert(fc.property(deploymentFile, (file) => {
    const once = parsedOrNull(file);
    if (once === null) return;
    held += 1;
    const twice = parseDeployment(JSON.parse(JSON.stringify(renderDeployment(once))));
    expect(twice).toEqual(once);
    expect(digestOfJson(twice as never)).toBe(digestOfJson(once as never));
    expect(planChanges(once, twice)).toEqual([]);
  }), { numRuns: 800, seed: 3 });
  expect(held).toBeGreaterThan(100);
});

test('no file of the generator breaks parser, notes or renderer', () => {
  fc.assert(fc.property(deploymentFile, (file) => {
    const spec = parsedOrNull(file);
    if (spec === null) return;
    expect(planNotes(spec).every((note) => note.length > 0 && !/undefined|NaN|null/.test(note))).toBe(true);
    expect(JSON.stringify(spec)).not.toContain('null,"margin"');
  }), { numRuns: 200, seed: 4 });
});

const base = (spec: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): Record<string, unknown> => ({ apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' }, spec: { model: 'filesystem:churn@7', labels: { delay: '30d' }, ...spec }, ...rest });

describe('JSON Schema and parser', () => {
  const schema = z.fromJSONSchema(deploymentJsonSchema());
  test.each([
    ['smallest', base(), true], ['shares as numbers', base({ rollout: { canary: [{ share: 0.05 }] } }), true], ['a value model', base({ value: { currency: 'EUR', payoff: { tp: 1, fp: 0, tn: 0, fn: 0 } } }), true],
    ['no model', base({ model: undefined }), false], ['another kind', base({}, { kind: 'Deployment' }), false], ['an unknown key', base({ lables: {} }), false], ['an unknown key below', base({ rollout: { gaol: 'better' } }), false],
    ['a duration as a number', base({ rollout: { horizon: 30 } }), false], ['a duration without unit', base({ labels: { delay: '30' } }), false], ['a share without percent', base({ rollout: { canary: [{ share: '5' }] } }), false],
    ['an unknown goal', base({ rollout: { goal: 'best' } }), false], ['a name in capitals', base({}, { metadata: { name: 'Churn' } }), false], ['a range of three', base({ contract: { range: [0, 1, 2] } }), false], ['an unknown role', base({ metrics: [{ name: 'errors', role: 'judge' }] }), false],
    ['half a payoff', base({ value: { currency: 'EUR', payoff: { tp: 1 } } }), false], ['not a list', base({ metrics: {} }), false],
  ])('agree on a file with %s', (_what, input, good) => {
    const file: unknown = JSON.parse(JSON.stringify(input));
    expect(parsedOrNull(file) !== null).toBe(good);
    expect(schema.safeParse(file).success).toBe(good);
  });
  test('the schema says what every field is called', () => {
    const text = JSON.stringify(deploymentJsonSchema());
    for (const name of ['whenInconclusive', 'onLostControl', 'costPerRequest', 'stickyHeader', 'pilotCycles']) expect(text).toContain(`"${name}"`);
    expect(text).toContain('"additionalProperties":false');
  });
});

test('changes are told a line a field', () => {
  const before = parseDeployment(base());
  const after = parseDeployment(base({ model: 'filesystem:churn@8', rollout: { minCycles: 5 }, metrics: [{ name: 'latency', margin: '2%' }], retrain: { every: '7d', command: ['make'] } }));
  expect(planChanges(before, after)).toEqual([
    'spec.model: filesystem:churn@7 -> filesystem:churn@8', 'spec.rollout.minCycles: 2 -> 5', 'spec.metrics[latency].margin: 5% -> 2%',
    'spec.retrain.every: 7d (new)', 'spec.retrain.command[0]: make (new)', 'spec.retrain.timeout: 6h (new)',
  ]);
  expect(planChanges(null, after)).toEqual(['new deployment churn, trying filesystem:churn@8']);
});

test('the notes say what it costs, how long it takes, and what is left out', () => {
  const spec = parseDeployment(base());
  const notes = planNotes(spec).join('\n');
  expect(notes).toContain('inference compute doubles');
  expect(notes).toContain('a second time');
  expect(leastTimeToVerdictMs(spec)).toBe(42 * 86_400_000);
  expect(notes).toContain('No verdict comes sooner than 42d after shadow begins: 10 cycles of pilot, 2 cycles of evidence, 30d until outcomes are in (a cycle is 1d).');
  expect(notes).toContain('they stand in for the pilot, and the verdict may come 10d sooner.');
  expect(notes).toContain('both are unknown before');
  expect(notMeasured(spec)).toEqual(['money', 'how often the versions disagree', 'the inputs themselves (they are not kept)']);
  expect(notes).toMatch(/The guardrail (errors|off-contract) at 1 % needs at least 366 clean answers in shadow.* at 5% about 7320 requests of the first step/);
  const hopeless = planNotes(parseDeployment(base({ rollout: { horizon: '40d' } }))).join('\n');
  expect(hopeless).toContain('a rollout with a pilot of its own cannot end with a proof');
  const healthy = planNotes(parseDeployment(base({ labels: undefined }))).join('\n');
  expect(healthy).toContain('even if its answers are wrong');
  expect(healthy).not.toContain('pilot');
  const adopted = planNotes(parseDeployment(base({ model: 'running:churn@1', serving: { backend: 'oip', url: 'http://x:1' } }))).join('\n');
  expect(adopted).toContain("the server's word");
});
