import type { Command } from 'commander';
import type { DeploymentLine, DeploymentList, DeploymentView } from '../../api/contract.ts';
import { formatShare, WHOLE } from '../../domain/share.ts';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { paint, type Io } from '../io.ts';
import { give } from '../output.ts';
import { askOf, heldOf } from '../render/approval.ts';
import { rolloutHeadline } from '../render/rollout.ts';
import { ago, table } from '../render/table.ts';

export function registerStatus(program: Command, context: Context): void {
  program.command('status').description('all deployments, sick first; or one (exit 3: its newest rollout was rolled back or refused, 7: it waits for a person)')
    .argument('[name]', 'deployment')
    .action(act<[string | undefined], object>(context, async (session, _options, name) => (name === undefined ? listAll(session) : showOne(session, name))));
}

async function listAll({ client, output }: Session): Promise<ExitCode> {
  const items: DeploymentLine[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page: DeploymentList = await client.call('listDeployments', { query: { limit: 200, ...(after === '' ? {} : { after }) } });
    items.push(...page.items);
    after = page.next;
  }
  const sorted = items.sort((a, b) => Number(b.sick) - Number(a.sick));
  give(output, sorted, () => (sorted.length === 0 ? 'No deployments yet. Start with: lastmile init' : renderLines(output, sorted, Date.now())));
  return EXIT.good;
}

function renderLines(io: Pick<Io, 'color'>, lines: readonly DeploymentLine[], nowMs: number): string {
  return table(['', 'deployment', 'champion', 'challenger', 'changed', 'state'], lines.map((line) => [
    paint(io, line.sick ? 'bad' : 'good', line.sick ? 'sick' : 'ok'), line.name, line.champion ?? '-', line.challenger ?? '-', ago(line.updatedAtMs, nowMs), line.sentence,
  ]));
}

async function showOne({ client, output }: Session, name: string): Promise<ExitCode> {
  const view = await client.call('getDeployment', { params: { name } });
  const newest = (await client.call('listRollouts', { params: { name }, query: { limit: 1 } })).items[0] ?? null;
  give(output, { ...view, newestRollout: newest }, () => [renderDeploymentView(output, view), ...(view.rollout === null && newest !== null ? [rolloutHeadline(newest)] : [])].join('\n'));
  if (newest?.state.stage === 'asking' || newest?.state.stage === 'approving') return EXIT.waiting;
  return newest?.state.outcome === 'rolled-back' || newest?.state.outcome === 'refused' ? EXIT.gate : EXIT.good;
}

function renderDeploymentView(io: Pick<Io, 'color'>, { deployment, route, rollout, drills, drift, links }: DeploymentView): string {
  const { status } = deployment;
  return [
    paint(io, 'bold', `${deployment.name}: ${status.phase}`),
    ...(status.message === '' ? [] : [status.message]),
    `champion: ${status.champion?.model ?? 'none yet'}${status.pinnedBy === null ? '' : ` (pinned by ${status.pinnedBy})`}`,
    ...(status.challenger === null ? [] : [`challenger: ${status.challenger.model}`]),
    ...(route === null ? [] : [`traffic: ${split(route)}`]),
    ...(status.lastGood.length === 0 ? [] : [`last good: ${status.lastGood.map((variant) => variant.model).join(', ')}`]),
    ...(rollout === null ? [] : [rolloutHeadline(rollout.rollout), ...askOf(rollout.rollout), ...heldOf(rollout.rollout)]),
    ...(drills.standing === 'off' ? [] : [drills.sentence]),
    ...(drift === null ? [] : [paint(io, drift.isChanged ? 'warn' : 'dim', `drift: ${drift.sentence}`)]),
    ...[links.page, links.temporal].filter((link) => link !== null).map((link) => paint(io, 'dim', link)),
  ].join('\n');
}

function split(route: NonNullable<DeploymentView['route']>): string {
  const named = (id: string): string => route.variants[id]?.version ?? id;
  const given = route.shares.reduce((sum, share) => sum + share.sharePer10k, 0);
  const parts = [...(route.champion === null ? [] : [`${named(route.champion)} ${formatShare(WHOLE - given)}`]), ...route.shares.map((share) => `${named(share.variantId)} ${formatShare(share.sharePer10k)}`)];
  const shadows = route.shadows.map((shadow) => named(shadow.variantId));
  return `${parts.join(', ')}${shadows.length === 0 ? '' : `; in shadow: ${shadows.join(', ')}`} (revision ${route.revision})`;
}
