import type { KillView } from '../../api/contract.ts';
import type { Client } from '../../cli/client.ts';
import { followKill, orderKill } from '../../cli/order-kill.ts';
import type { KillScope } from '../../domain/kill/kill.ts';

export interface Plug { readonly client: Client; readonly deployment: string; readonly scope: KillScope; readonly say: (line: string) => void; readonly signal: AbortSignal }

/** Ample: a kill of one machine is proved in about a second. */
const PATIENCE_MS = 60_000;

/** Takes the champion off as `lastmile kill NAME` does, and waits for the proof; a kill of an earlier start keeps its record. All that is said is the record's. */
export async function pullThePlug({ client, deployment, scope, say, signal }: Plug): Promise<KillView> {
  say('');
  say(`Whatever the reason, it must go, now. The on-call pulls the plug: lastmile kill ${deployment}${scope.kind === 'all' ? ' --all' : ''}`);
  const waiting = { wait: 'proved', forMs: PATIENCE_MS, signal } as const;
  const { items } = await client.call('listKills', { params: { name: deployment } });
  const earlier = items.find(({ kill }) => kill.scope.kind === scope.kind);
  const view = earlier === undefined ? await orderKill(client, { name: deployment, body: { scope, inFlight: 'abort', reason: null }, ...waiting }) : await followKill(client, earlier, waiting);
  for (const line of killLines(view)) say(`  ${line}`);
  return view;
}

function killLines({ kill, sentence, toFencedMs, toSilentMs, toProvedMs, digest }: KillView): readonly string[] {
  const clear = kill.probes.filter(({ result }) => result === 'clear').length;
  return [
    sentence,
    `no new request ${after(toFencedMs)}, silent ${after(toSilentMs)}, proved ${after(toProvedMs)}`,
    ...(kill.probes.length === 0 ? [] : [`asked on the real route ${kill.probes.length} times: ${clear} without it`]),
    ...kill.backends.map(({ backend, state, requestsAfter }) => `${backend}: ${state}${requestsAfter === null ? '' : `, asked ${requestsAfter} times since`}`),
    `answers callers now: ${kill.answering === null ? 'nobody' : `version ${kill.answering}`}`,
    `record ${kill.killId} (${kill.state}), digest ${digest}`,
    `see it:       npx lastmile kills ${kill.deployment}`,
    ...(kill.state === 'revived' ? [] : [`take it back: npx lastmile revive ${kill.deployment} --reason "…"`]),
  ];
}

function after(ms: number | null): string { return ms === null ? 'not yet' : `after ${ms} ms`; }

/** What the kill promises and its record does not show. */
export function whatTheKillLacks({ kill }: KillView): readonly string[] {
  return [
    ...(kill.provedAtMs === null || kill.state === 'unconfirmed' ? [`the kill of the champion was not proved: it is ${kill.state}${kill.missing.length === 0 ? '' : ` (${kill.missing.join('; ')})`}`] : []),
    ...(kill.answering === null ? ['after the kill no last good version answered: callers get 503'] : []),
  ];
}
