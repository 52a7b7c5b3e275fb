import type { ArtifactStore } from '../ports/artifact-store.ts';
import type { MetricSources } from '../ports/metric-source.ts';
import type { ModelRegistry } from '../ports/model-registry.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Orchestrator } from '../ports/orchestrator.ts';
import type { ServingBackend } from '../ports/serving-backend.ts';
import type { Stores } from '../ports/stores.ts';
import type { Trainer } from '../ports/trainer.ts';

/** What the activities need of the outside world; wired in workers/. */
export interface ActivityPorts {
  readonly stores: Stores;
  readonly registries: Readonly<Record<string, ModelRegistry>>;
  readonly backends: Readonly<Record<string, ServingBackend>>;
  readonly artifacts: ArtifactStore;
  readonly sources: MetricSources;
  readonly trainer: Trainer;
  readonly notifier: Notifier;
  readonly orchestrator: Orchestrator;
  /** UTC milliseconds. */
  readonly now: () => number;
  /** Folder under which training runs write their models. */
  readonly trainingDir: string;
  /** The page of a deployment, for notices. */
  readonly pageOf: (deployment: string) => string | null;
}
