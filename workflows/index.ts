/** What the worker registers: the entry of the workflow bundle. */
export { deployment } from './deployment.ts';
export { rollout } from './rollout.ts';
export { retrain } from './retrain.ts';
