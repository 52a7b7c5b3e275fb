import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Moves message and stack trace of a failure into a payload, which the codec encrypts like any other. Loaded by its path: by clients and
 * workers, and into the workflow bundle, where updates are refused and workflows fail.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
