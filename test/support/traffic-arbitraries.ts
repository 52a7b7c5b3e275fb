import fc from 'fast-check';
import { applyCommand, emptyRoute } from '../../domain/traffic/commands.ts';
import type { Route, RouteCommand, RouteSettings, RouteVariant } from '../../domain/traffic/route.ts';

export const UID = 'dep_1';

/** Six variants of three digests, so that a kill by digest takes two. */
export function variant(n: number): RouteVariant {
  return { variantId: `var_${n}`, version: String(n), artifactDigest: `sha256:${n % 3}`, endpoint: { url: `http://127.0.0.1:${9_000 + n}`, modelName: `m${n}`, modelVersion: null } };
}

export function newRoute(): Route {
  return emptyRoute({ tenantId: 'default', deploymentUid: UID, name: 'churn', fallback: ['last-good', 'closed'], onLostControl: 'serve', stickyHeader: null, stickyJsonPath: null, recordInputs: false });
}

export const anyVariant = fc.integer({ min: 1, max: 6 }).map(variant);
const anyId = anyVariant.map(({ variantId }) => variantId);
const anyTarget = fc.oneof({ weight: 6, arbitrary: anyId }, { weight: 2, arbitrary: anyVariant.map(({ artifactDigest }) => artifactDigest) }, { weight: 1, arbitrary: fc.constant('*') });
const ifRollout = fc.integer({ min: 1, max: 3 }).map((n) => `${UID}/${n}`);
const person = fc.constantFrom('ann', 'bob');
const shadow = fc.record({ variant: anyVariant, samplePer10k: fc.integer({ min: 0, max: 10_000 }), deadlineMs: fc.integer({ min: 1, max: 1_000 }) }).map((of) => ({ ...of, variantId: of.variant.variantId }));

export const anySettings: fc.Arbitrary<RouteSettings> = fc.record({
  fallback: fc.constantFrom<RouteSettings['fallback'][]>(['last-good', 'closed'], ['closed']), onLostControl: fc.constantFrom('serve' as const, 'failClosed' as const),
  stickyHeader: fc.option(fc.constantFrom('x-user', 'x-shop')), stickyJsonPath: fc.option(fc.constant('parameters.customer')), recordInputs: fc.boolean(),
});

const body = fc.oneof(
  fc.record({ type: fc.constant('setChampion' as const), variant: anyVariant, expectedChampion: fc.option(anyId), by: fc.constantFrom('automation' as const, 'person' as const, 'safety' as const) }),
  fc.record({ type: fc.constant('setShare' as const), variant: anyVariant, sharePer10k: fc.integer({ min: 0, max: 10_000 }), ifRollout }),
  fc.record({ type: fc.constant('setShadows' as const), shadows: fc.uniqueArray(shadow, { maxLength: 3, selector: ({ variantId }) => variantId }), ifRollout }),
  fc.record({ type: fc.constant('configure' as const), settings: anySettings }),
  fc.record({ type: fc.constant('pin' as const), variantId: anyId, person }),
  fc.record({ type: fc.constant('unpin' as const), person }),
  fc.record({ type: fc.constant('retire' as const), person, reason: fc.constant('enough') }),
  fc.record({ type: fc.constant('restore' as const), person }),
  fc.record({ type: fc.constant('remove' as const), variantId: anyId }),
  fc.record({ type: fc.constant('kill' as const), targets: fc.uniqueArray(anyTarget, { minLength: 1, maxLength: 3 }), inFlight: fc.constantFrom('abort' as const, 'drain' as const) }),
  fc.record({ type: fc.constant('kill' as const), targets: fc.uniqueArray(anyTarget, { minLength: 1, maxLength: 3 }), inFlight: fc.constant('abort' as const), drill: fc.constant(true as const) }),
  fc.record({ type: fc.constant('endDrill' as const), targets: fc.uniqueArray(anyTarget, { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.constant('revive' as const), targets: fc.uniqueArray(anyTarget, { minLength: 1, maxLength: 3 }), person, reason: fc.constant('looked at it') }),
);

/** Commands with ids of their own; `setChampion` mostly expects the champion that there is, or nothing would ever move. */
export const anyCommand = body.map((of): RouteCommand => ({ ...of, commandId: '', atMs: 0 }));
export const anyStep = fc.record({ command: anyCommand, rightChampion: fc.boolean() });
export const anyHistory = fc.array(anyStep, { maxLength: 40 });

export function numbered({ command, rightChampion }: { command: RouteCommand; rightChampion: boolean }, route: Route, n: number): RouteCommand {
  const named = { ...command, commandId: `cmd_${n}`, atMs: n };
  return named.type === 'setChampion' && rightChampion ? { ...named, expectedChampion: route.champion } : named;
}

/** Any route that commands can lead to. */
export const anyRoute = anyHistory.map((history) => history.reduce((route, step, n) => applyCommand(route, numbered(step, route, n)).route, newRoute()));

/** A route with a champion and a challenger with a share, as in canary. */
export function canaryRoute(sharePer10k: number, settings: Partial<Route> = {}): Route {
  const shadow = { variantId: 'var_2', variant: variant(2), samplePer10k: 10_000, deadlineMs: 500 };
  const commands: RouteCommand[] = [
    { type: 'setChampion', commandId: 'a', atMs: 0, variant: variant(1), expectedChampion: null, by: 'automation' },
    { type: 'setShadows', commandId: 'b', atMs: 0, shadows: [shadow], ifRollout: `${UID}/1` },
    { type: 'setShare', commandId: 'c', atMs: 0, variant: variant(2), sharePer10k, ifRollout: `${UID}/1` },
  ];
  return commands.reduce((route, command) => applyCommand(route, command).route, { ...newRoute(), ...settings });
}
