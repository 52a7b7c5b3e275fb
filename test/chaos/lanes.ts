import type { LogisticModel } from '../../artifact/onnx/write.ts';
import type { Outcome } from '../../domain/rollout/machine.ts';
import { GOOD, INVERTED, WITH_HOLE } from './models.ts';

/** A deployment with its own kind of rollouts, one after the other, under steady traffic. */
export interface Lane {
  readonly name: string;
  readonly kind: 'good' | 'inverted' | 'hole' | 'killed' | 'toppled' | 'adopted';
  readonly challenger: LogisticModel | null;
  /** Ends that a rollout may have; a fault may always stop one, but never make a bad version champion. */
  readonly ends: readonly Outcome[];
  readonly labels: boolean;
}

const STOPPED: readonly Outcome[] = ['rolled-back', 'inconclusive', 'aborted', 'refused'];
const lane = (name: string, kind: Lane['kind'], challenger: LogisticModel | null): Lane => ({
  name, kind, challenger, labels: kind === 'inverted', ends: kind === 'inverted' || kind === 'hole' ? STOPPED : ['promoted', ...STOPPED],
});

export const LANES: readonly Lane[] = [
  lane('good-a', 'good', GOOD), lane('good-b', 'good', GOOD), lane('inverted', 'inverted', INVERTED), lane('hole', 'hole', WITH_HOLE), lane('killed', 'killed', GOOD), lane('toppled', 'toppled', GOOD), lane('adopted', 'adopted', null),
];

/** `sets` times every lane, side by side; those of the second set and on have its number behind their name. */
export function lanesOf(sets: number): readonly Lane[] {
  return Array.from({ length: sets }, (_, k) => LANES.map((each) => (k === 0 ? each : { ...each, name: `${each.name}-${String(k + 1)}` }))).flat();
}

/** The lane of a deployment's name, of whichever set; undefined: of none. */
export function laneOf(name: string): Lane | undefined { return LANES.find((each) => each.name === name.replace(/-\d+$/, '')); }

/** Rollouts of seconds: slots of a second, wide margins, short cycles. Wide margins make small samples enough; they make no bad version good. */
export function fileOf({ name, kind, labels }: Lane, version: string, oipUrl: string): Record<string, unknown> {
  const canary = kind === 'killed' ? [{ share: '50%', for: '12s' }] : [{ share: '20%', for: '1s' }];
  const margins = ['errors', 'latency', 'off-contract'].map((metric) => ({ name: metric, margin: kind === 'hole' ? '10%' : '60%' }));
  // To kill one of several in a process ends the process; the neighbours would pay for it (decision D9).
  const serving = kind === 'adopted' ? { backend: 'oip', url: oipUrl, modelName: `adopted-${version}` } : { resources: { isolation: kind === 'killed' || kind === 'toppled' ? 'process' : 'shared' } };
  return {
    apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name },
    spec: {
      model: kind === 'adopted' ? `running:${name}@${version}` : `filesystem:${name}@${version}`, serving, contract: { task: 'binary', latency: '10s' },
      ...(labels ? { labels: { delay: '500ms', grace: '1s', coverage: '50%' } } : {}),
      metrics: [...(labels ? [{ name: 'accuracy', role: 'required' }] : []), ...margins],
      rollout: { goal: labels ? 'better' : 'healthy', cycle: '2s', minCycles: 1, pilotCycles: 0, canary, horizon: kind === 'killed' || labels ? '30s' : '60s', idle: '60s', whenBusy: 'refuse' },
      // As often as the schedule looks: challengers of this lane are drilled while faults hit.
      ...(kind === 'toppled' ? { drills: { every: '10s' } } : {}),
    },
  };
}
