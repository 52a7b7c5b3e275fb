import type { AuditEntry, AuditFacts } from '../audit.ts';
import { parseRolloutId, type DeploymentUid, type RolloutId, type VariantId } from '../ids.ts';
import { formatShare } from '../share.ts';
import type { CommandResult, RouteCommand } from '../traffic/route.ts';

/** Route commands in the chain: `route.setChampion`, `route.setShare` … */
export const ROUTE_ACTIONS = 'route.*';

/**
 * The record of one route command: of a rollout, or of what a person said of the whole deployment. Deterministic by its command id, as the command itself is: whoever repeats the one repeats the other.
 * Refused and superseded commands are recorded too; they change no traffic and say so.
 */
export function routeEntry(of: { readonly deploymentUid: DeploymentUid; readonly deployment: string; readonly rolloutId: RolloutId }, command: RouteCommand, result: CommandResult): AuditEntry {
  const what = described(command);
  const who = 'person' in command ? { name: `deployment ${of.deployment}`, subject: of.deploymentUid } : { name: `rollout ${parseRolloutId(of.rolloutId).n} of ${of.deployment}`, subject: of.rolloutId };
  return {
    auditId: `route:${command.commandId}`, atMs: command.atMs, actor: { kind: 'workflow', name: who.name }, via: 'workflow',
    action: `route.${command.type}`, subject: who.subject, digest: what.digest, evidenceHash: null,
    reason: `${what.text}: ${result.outcome}${result.reason === null ? '' : ` (${result.reason})`}, route revision ${result.revision}`,
    facts: { commandId: command.commandId, deploymentUid: of.deploymentUid, outcome: result.outcome, revision: result.revision, ...what.facts },
  };
}

interface Described { readonly text: string; readonly digest: string | null; readonly facts: AuditFacts }

type Describers = { readonly [T in RouteCommand['type']]: (command: Extract<RouteCommand, { type: T }>) => Described };
const DESCRIBERS: Describers = {
  setChampion: (command) => ({ text: `version ${command.variant.version} decides`, digest: command.variant.artifactDigest, facts: { variantId: command.variant.variantId, version: command.variant.version, before: command.expectedChampion, by: command.by } }),
  setShare: (command) => ({ text: `version ${command.variant.version} answers ${formatShare(command.sharePer10k)} of callers`, digest: command.variant.artifactDigest, facts: { variantId: command.variant.variantId, version: command.variant.version, sharePer10k: command.sharePer10k } }),
  setShadows: (command) => ({ text: command.shadows.length === 0 ? 'nobody gets copies' : `${command.shadows.map(({ variant }) => `version ${variant.version}`).join(', ')} gets copies`, digest: command.shadows[0]?.variant.artifactDigest ?? null, facts: { variantIds: command.shadows.map(({ variantId }) => variantId) } }),
  remove: (command) => variantOnly(`${command.variantId} is taken out`, command.variantId),
  pin: (command) => variantOnly(`${command.person} pins ${command.variantId}`, command.variantId),
  unpin: (command) => ({ text: `${command.person} ends the pin`, digest: null, facts: {} }),
  kill: (command) => ({ text: `${command.targets.join(', ')} is killed`, digest: null, facts: { targets: command.targets, inFlight: command.inFlight } }),
  endDrill: (command) => ({ text: `the drill of ${command.targets.join(', ')} ends`, digest: null, facts: { targets: command.targets } }),
  configure: () => ({ text: 'the settings of the route follow the file', digest: null, facts: {} }),
  retire: (command) => ({ text: `${command.person} takes the deployment out of service: ${command.reason}`, digest: null, facts: {} }),
  restore: (command) => ({ text: `${command.person} takes it into service again`, digest: null, facts: {} }),
  revive: (command) => ({ text: `${command.person} revives ${command.targets.join(', ')}: ${command.reason}`, digest: null, facts: { targets: command.targets } }),
};

function described(command: RouteCommand): Described { return (DESCRIBERS[command.type] as (command: RouteCommand) => Described)(command); }

function variantOnly(text: string, variantId: VariantId): Described { return { text, digest: null, facts: { variantId } }; }
