import { analysingActivities } from './analysing.ts';
import { withFailures } from './failures.ts';
import type { Activities } from './index.ts';
import { killingActivities } from './killing.ts';
import { loadingActivities } from './loading.ts';
import { measuringActivities } from './measuring.ts';
import { packagingActivities } from './packaging.ts';
import { policyActivities } from './policy.ts';
import type { ActivityPorts } from './ports.ts';
import { projectingActivities } from './projecting.ts';
import { restoringActivities } from './restoring.ts';
import { routingActivities } from './routing.ts';
import { trainingActivities } from './training.ts';
import { validatingActivities } from './validating.ts';

/** The activities over real ports; what the worker registers. */
export function createActivities(ports: ActivityPorts): Activities {
  return withFailures<Activities>({
    ...policyActivities(ports), ...validatingActivities(ports), ...packagingActivities(ports), ...loadingActivities(ports), ...routingActivities(ports),
    ...analysingActivities(ports), ...measuringActivities(ports), ...projectingActivities(ports), ...restoringActivities(ports), ...killingActivities(ports), ...trainingActivities(ports),
  });
}
