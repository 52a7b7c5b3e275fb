/**
 * Every patched() of the workflows: id -> why, since which release, and when it may go.
 *
 * A patch is needed when running workflows would replay into other commands: another order of activities, another activity
 * type, a new timer or child. It is not needed for activity bodies, time-outs, retry policies, summaries or new handlers.
 * Call patched() once, keep its answer in a const, and record a history of the old path before the change lands.
 * A patch goes when no history of test/replay and no open workflow was started before it.
 */
export const PATCHES = {
  'entity-restores': { why: 'an entity that starts from nothing asks the stores first, and settles rollouts that ended without a report', since: '0.1.0', until: 'no history of an entity from before it is left' },
  'entity-brief-history': { why: 'an entity begins afresh after some five hundred events, not after four thousand', since: '0.1.0', until: 'no history of an entity from before it is left' },
} as const satisfies Readonly<Record<string, { readonly why: string; readonly since: string; readonly until: string }>>;
