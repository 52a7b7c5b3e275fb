import { ActivityFailure, isCancellation, log } from '@temporalio/workflow';
import { downSentence, isDown, type KillFacts } from '../domain/kill/news.ts';
import { isKilled } from '../domain/traffic/tombstones.ts';
import { quick } from './activity-stubs.ts';
import { change, phaseNow, type Entity } from './deployment-state.ts';
import { tellKilled } from './entity-link.ts';
import type { KillNews } from './messages.ts';

/**
 * Traffic was right before the news came: gateways and model servers had the kill from the route. What is left is to end what
 * cannot go on, to forget what nobody can go back to, and to say who took the champion off.
 */
export async function hearKills(entity: Entity): Promise<void> {
  for (let news = entity.news.shift(); news !== undefined; news = entity.news.shift()) {
    const facts = await read(entity, news);
    if (facts === null || facts.drill) continue;
    if (news.type === 'killed' && entity.active !== null) await tellKilled(entity.input.tenant, entity.active.rolloutId, orderOf(facts));
    follow(entity, news, facts);
  }
}

async function read({ input: { tenant, uid } }: Entity, { killId }: KillNews): Promise<KillFacts | null> {
  try {
    return await quick.readKill({ tenant, deploymentUid: uid, killId });
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.error('a kill could not be read', { killId, error });
    return null;
  }
}

function orderOf({ killId, targets, actor, reason }: KillFacts): Pick<KillFacts, 'killId' | 'targets' | 'actor' | 'reason'> { return { killId, targets, actor, reason }; }

/** The route says what is killed now, whichever order the news came in. */
function follow(entity: Entity, { type }: KillNews, { standing, targets, actor, reason }: KillFacts): void {
  const { champion, lastGood } = entity.status;
  const wasDown = isDown(entity.kills, champion);
  const by = type === 'killed' ? { targets, actor, reason } : entity.kills.by;
  entity.kills = { tombstones: standing.tombstones, answering: standing.answering, by };
  forget(entity, standing.lastGood);
  if (champion !== null && isDown(entity.kills, champion)) change(entity, { phase: 'attention', message: downSentence(entity.kills, champion) });
  else if (wasDown && champion !== null) change(entity, { phase: phaseNow(entity), message: `${champion.model} decides again: the kill was taken back.` });
  else if (lastGood.length !== entity.status.lastGood.length) change(entity, {});
}

/** Killed earlier champions are nobody's way back, and are not tried again without a reason. */
function forget(entity: Entity, kept: readonly string[]): void {
  const { lastGood } = entity.status;
  const gone = lastGood.filter((variant) => !kept.includes(variant.variantId) && isKilled(entity.kills.tombstones, variant));
  if (gone.length === 0) return;
  entity.tried.push(...gone.flatMap(({ model, artifactDigest }) => [model, artifactDigest]));
  entity.status = { ...entity.status, lastGood: lastGood.filter((variant) => !gone.includes(variant)) };
}
