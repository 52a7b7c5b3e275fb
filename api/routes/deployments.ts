import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { DeploymentLine, DeploymentList } from '../contract.ts';
import { invalidRequest } from '../problem.ts';
import { deploymentLines, deploymentNamed, deploymentView } from '../views.ts';

export function deploymentRoutes(ports: ApiPorts): Pick<Handlers, 'listDeployments' | 'getDeployment'> {
  return {
    async listDeployments({ principal, query: { limit, after } }) {
      const lines = await deploymentLines(ports, principal.tenant);
      return ok(pageOf(lines, limit, after));
    },
    async getDeployment({ principal, params }) {
      return ok(await deploymentView(ports, await deploymentNamed(ports, principal.tenant, params.name)));
    },
  };
}

/** The page after a line, by the order of the list: health, then name. A line that has changed its health meanwhile is neither lost nor in the way. */
function pageOf(lines: readonly DeploymentLine[], limit: number, after: string | null): DeploymentList {
  const rest = after === null ? lines : lines.filter((line) => keyOf(line) > readCursor(after));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && rest.length > limit ? Buffer.from(keyOf(last)).toString('base64url') : null };
}

function keyOf({ sick, name }: DeploymentLine): string { return `${sick ? '0' : '1'}/${name}`; }

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[01]\/[a-z0-9-]{1,63}$/.test(key)) throw invalidRequest('`after` is not the `next` of an earlier page.');
  return key;
}
