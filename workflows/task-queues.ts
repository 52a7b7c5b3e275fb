/** Workflows and light activities; network and disk; packaging and evaluation. A typo here would hang in silence: always use these. */
export const QUEUES = { control: 'lm-control', io: 'lm-io', cpu: 'lm-cpu' } as const;
