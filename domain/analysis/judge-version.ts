/** Grows with every change that may alter a verdict on the same evidence; stored in plans and verdicts. */
export const JUDGE_VERSION = '2';
