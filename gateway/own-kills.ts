import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LastmileError } from '../domain/errors.ts';
import type { DeploymentUid, KillId, TenantId } from '../domain/ids.ts';
import { IN_FLIGHT, type Tombstone } from '../domain/traffic/route.ts';
import type { OwnKill, TableRoute } from '../domain/traffic/table.ts';
import type { Killing } from '../domain/traffic/tombstones.ts';
import { replaceFile } from './table-file.ts';

/** A break-glass kill as kept on disk. `merged`: a route holds it, and alone rules it; only its id is still known, so that a repeat is no new kill. */
export interface KeptKill extends OwnKill { readonly tenantId: TenantId; readonly deploymentUid: DeploymentUid; readonly merged: boolean }

/** The kills that came straight to this gateway (decision D3): tombstones that win over any route until a route holds them. */
export interface OwnKills {
  tombstones(uid: DeploymentUid): readonly Tombstone[];
  killings(uid: DeploymentUid): readonly Killing[];
  find(killId: KillId): KeptKill | null;
  /** What no route holds yet, of one tenant or of all. */
  open(tenant: TenantId | null): Readonly<Record<DeploymentUid, readonly OwnKill[]>>;
  /** Obeyed when it returns; resolves when it is on disk, and rejects when it cannot be kept there. A known one is only written again. */
  add(kill: Omit<KeptKill, 'merged'>): Promise<void>;
  /** The API has heard of these. */
  told(kills: Readonly<Record<DeploymentUid, readonly OwnKill[]>>): void;
  /** Gives those that the API has heard of and that a route holds over to that route, so that a revive works; and forgets those that were revived while nobody heard of this gateway. */
  merge(routes: readonly TableRoute[]): void;
  /** What was to be written is written, or has failed. */
  flushed(): Promise<void>;
}

/** As many of a deployment as the API takes at once; the rest follows when these are merged. */
const TOLD_AT_ONCE = 100;
const MERGED_KEPT = 200;
const NONE: readonly never[] = [];

const KeptKillBody = z.object({
  killId: z.string(), targets: z.array(z.string()).min(1), inFlight: z.enum(IN_FLIGHT), atMs: z.number(), actor: z.object({ kind: z.enum(['person', 'service', 'workflow']), name: z.string() }),
  tenantId: z.string(), deploymentUid: z.string(), merged: z.boolean(),
}) satisfies z.ZodType<KeptKill>;
const FileBody = z.object({ v: z.literal(1), kills: z.array(KeptKillBody) });

/** Throws LM_INVALID_CONFIG when there is a file that cannot be read: a start without it could serve what was killed. */
export async function openOwnKills(path: string, of: { readonly changed: () => void; readonly failed: (error: unknown) => void }): Promise<OwnKills> {
  let kills: readonly KeptKill[] = await read(path);
  let byUid = indexOf(kills);
  const heard = new Set<KillId>();
  let last: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    last = last.catch(() => undefined).then(() => replaceFile(path, JSON.stringify({ v: 1, kills })));
    return last;
  };
  const change = (next: readonly KeptKill[]): void => { kills = next; byUid = indexOf(kills); of.changed(); };
  const find = (killId: KillId): KeptKill | null => kills.find((each) => each.killId === killId) ?? null;
  return {
    tombstones: (uid) => byUid.get(uid)?.tombstones ?? NONE,
    killings: (uid) => byUid.get(uid)?.killings ?? NONE,
    find,
    open(tenant) {
      const shown = [...byUid].map(([uid, { own }]) => [uid, own.filter(({ tenantId }) => tenant === null || tenantId === tenant).slice(0, TOLD_AT_ONCE).map(plain)] as const);
      return Object.fromEntries(shown.filter(([, own]) => own.length > 0));
    },
    add(kill) {
      if (find(kill.killId) === null) change([...kills, { ...kill, merged: false }]);
      return save();
    },
    told(some) { for (const { killId } of Object.values(some).flat()) heard.add(killId); },
    merge(routes) {
      const byDeployment = new Map(routes.map((route) => [route.deploymentUid, route]));
      const isMerged = ({ killId, deploymentUid, targets, merged }: KeptKill): boolean => {
        const route = byDeployment.get(deploymentUid);
        if (merged || route === undefined) return false;
        return route.revivedKills?.includes(killId) === true || (heard.has(killId) && targets.every((each) => route.tombstones.includes(each)));
      };
      if (!kills.some(isMerged)) return;
      const next = kills.map((kill) => (isMerged(kill) ? { ...kill, merged: true } : kill));
      const known = new Set(next.filter(({ merged }) => merged).slice(-MERGED_KEPT));
      change(next.filter((kill) => !kill.merged || known.has(kill)));
      save().catch(of.failed);
    },
    flushed: () => last.catch(() => undefined),
  };
}

interface OfDeployment { readonly own: KeptKill[]; readonly tombstones: Tombstone[]; readonly killings: Killing[] }

/** Made anew with each change, so that a request costs one look-up. */
function indexOf(kills: readonly KeptKill[]): ReadonlyMap<DeploymentUid, OfDeployment> {
  const index = new Map<DeploymentUid, OfDeployment>();
  for (const kill of kills.filter(({ merged }) => !merged)) {
    const of = index.get(kill.deploymentUid) ?? { own: [], tombstones: [], killings: [] };
    index.set(kill.deploymentUid, of);
    of.own.push(kill);
    of.tombstones.push(...kill.targets);
    of.killings.push({ tombstones: kill.targets, draining: kill.inFlight === 'drain' ? kill.targets : [] });
  }
  return index;
}

function plain({ killId, targets, inFlight, actor, atMs }: KeptKill): OwnKill { return { killId, targets, inFlight, actor, atMs }; }

async function read(path: string): Promise<readonly KeptKill[]> {
  if (!existsSync(path)) return [];
  try { return FileBody.parse(JSON.parse(await readFile(path, 'utf8'))).kills; } catch (cause) {
    throw new LastmileError('LM_INVALID_CONFIG', `The break-glass kills in ${path} cannot be read, so this gateway could serve what was killed. Mend the file; remove it only when nothing in it is to stay off.`, { cause });
  }
}
