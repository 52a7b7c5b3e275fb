import type { Actor, AuditRecord } from '../audit.ts';
import type { VerdictSummary } from '../analysis/verdict.ts';
import { parseRolloutId, type VariantId } from '../ids.ts';
import { modelTried, type RolloutRecord } from '../rollout/record.ts';

/** Since when a version decided, and why: from the audit chain where it tells, else from the records of the rollouts. */
export interface Reign {
  readonly variantId: VariantId;
  readonly model: string | null;
  readonly sinceMs: number;
  /** Route revision that made it so; null where only the rollout is known. */
  readonly revision: number | null;
  readonly auditSeq: number | null;
  /** By which rollout, on which verdict; null for one that was brought back by a person. */
  readonly rollout: number | null;
  readonly verdict: VerdictSummary | null;
  readonly by: Actor;
  readonly reason: string | null;
}

export interface History { readonly rollouts: readonly RolloutRecord[]; readonly records: readonly AuditRecord[] }

/** Every champion of a deployment, oldest first. `records`: its `route.setChampion` and `deployment.rolled-back` ones. */
export function reigns({ rollouts, records }: History): readonly Reign[] {
  const changes = records.filter(({ action, facts }) => action === 'route.setChampion' && facts?.outcome === 'applied');
  const told = new Set(changes.map(({ subject }) => subject));
  const fromRollouts = rollouts.filter(({ rolloutId, state: { outcome }, challenger, endedAtMs }) => !told.has(rolloutId) && (outcome === 'promoted' || outcome === 'first') && challenger !== null && endedAtMs !== null);
  return [
    ...changes.map((record) => fromRecord(record, rollouts, records)),
    ...fromRollouts.map((rollout): Reign => ({ variantId: rollout.challenger?.variantId ?? '', model: modelTried(rollout), sinceMs: rollout.endedAtMs ?? 0, revision: null, auditSeq: null, rollout: rollout.n, verdict: rollout.state.verdict, by: rollout.startedBy, reason: rollout.state.verdict?.text ?? rollout.reason })),
  ].sort((a, b) => a.sinceMs - b.sinceMs || (a.revision ?? 0) - (b.revision ?? 0));
}

function fromRecord(record: AuditRecord, rollouts: readonly RolloutRecord[], records: readonly AuditRecord[]): Reign {
  const { subject, atMs, seq } = record;
  const variantId = String(record.facts?.variantId);
  const known = rollouts.flatMap(({ champion, challenger }) => [champion, challenger]).find((each) => each?.variantId === variantId);
  const rollout = rollouts.find(({ rolloutId, challenger }) => rolloutId === subject && challenger?.variantId === variantId);
  const of = { variantId, model: known?.model ?? null, sinceMs: atMs, revision: Number(record.facts?.revision), auditSeq: seq };
  if (rollout !== undefined) {
    const { verdict } = rollout.state;
    return { ...of, rollout: rollout.n, verdict, by: promoter(rollout, records) ?? record.actor, reason: verdict?.text ?? record.reason };
  }
  // A person's way back is recorded by the deployment a moment after its route command.
  const back = records.find((each) => each.action === 'deployment.rolled-back' && each.seq > seq && each.digest === record.digest) ?? record;
  return { ...of, rollout: null, verdict: null, by: back.actor, reason: back.reason };
}

/** Where a person promoted without the judge, that person. */
function promoter(rollout: RolloutRecord, records: readonly AuditRecord[]): Actor | undefined {
  if (rollout.state.verdict?.reason !== 'person') return undefined;
  return records.find(({ action, subject }) => action === 'rollout.promoting' && subject === rollout.rolloutId)?.actor;
}

/** Who was champion at a time; null before the first. */
export function reignAt(all: readonly Reign[], atMs: number): Reign | null { return all.findLast(({ sinceMs }) => sinceMs <= atMs) ?? null; }

/** The reign under which a route of this revision made the variant champion: exact where the chain tells revisions, else by time. */
export function reignOf(all: readonly Reign[], of: { readonly variantId: VariantId; readonly revision: number; readonly atMs: number }): Reign | null {
  const own = all.filter(({ variantId }) => variantId === of.variantId);
  return own.findLast(({ revision }) => revision !== null && revision <= of.revision) ?? own.findLast(({ revision, sinceMs }) => revision === null && sinceMs <= of.atMs) ?? null;
}

/** A challenger that answered some callers at a time, besides the champion. */
export interface SharedTraffic { readonly variantId: VariantId; readonly version: string; readonly sharePer10k: number; readonly rollout: number; readonly revision: number }

/** By the `route.*` records of the deployment: shares that were set by then and not taken back, given away or crowned since. */
export function sharesAt(records: readonly AuditRecord[], atMs: number): readonly SharedTraffic[] {
  const shares = new Map<VariantId, SharedTraffic>();
  const applied = records.filter((record) => record.facts?.outcome === 'applied' && record.atMs <= atMs).sort((a, b) => Number(a.facts?.revision) - Number(b.facts?.revision));
  for (const { action, subject, facts = {} } of applied) {
    const variantId = String(facts.variantId);
    if (action === 'route.setShare' || action === 'route.setShadows') {
      const rollout = parseRolloutId(subject).n;
      // A newer rollout takes the route over, with no shares but its own.
      for (const [id, share] of shares) if (share.rollout !== rollout) shares.delete(id);
      if (action === 'route.setShare') shares.set(variantId, { variantId, version: String(facts.version), sharePer10k: Number(facts.sharePer10k), rollout, revision: Number(facts.revision) });
    }
    if (action === 'route.setChampion' || action === 'route.remove') shares.delete(variantId);
    if (action === 'route.retire') shares.clear();
  }
  return [...shares.values()].filter(({ sharePer10k }) => sharePer10k > 0);
}

/** When an inference was answered, by the UUIDv7 in its id; null for a client's own id. */
export function inferenceTimeMs(id: string): number | null {
  const [, hex] = /^inf_([0-9a-f]{12})7[0-9a-f]{3}[89ab][0-9a-f]{15}$/.exec(id) ?? [];
  return hex === undefined ? null : parseInt(hex, 16);
}

