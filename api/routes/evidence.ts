import type { Evidence } from '../../domain/analysis/evidence.ts';
import type { EvidencePage } from '../../domain/analysis/pages.ts';
import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { EvidenceAnswer } from '../contract.ts';
import { evidenceBundle } from '../evidence-bundle.ts';
import { explainRollout } from '../explanation.ts';
import { deploymentNamed, newestRollout, rolloutNumber, rolloutNumbered } from '../views.ts';

const VERDICTS = 200;

export function evidenceRoutes(ports: ApiPorts): Pick<Handlers, 'evidence' | 'explain' | 'bundle'> {
  const { evidence } = ports.stores;
  return {
    async evidence({ principal: { tenant }, params }) {
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const { rolloutId } = await rolloutNumbered(ports, deployment, rolloutNumber(params.n));
      const [plan, verdicts, sealed, progress] = await Promise.all([
        evidence.getPlan(tenant, rolloutId), evidence.verdicts(tenant, rolloutId, VERDICTS), evidence.summary(tenant, rolloutId), evidence.getProgress(tenant, rolloutId),
      ]);
      return ok({ plan, verdicts, ...countBlocks(sealed), progress } satisfies EvidenceAnswer);
    },
    async explain({ principal: { tenant }, params, query }) {
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const rollout = query.rollout === undefined ? await newestRollout(ports, deployment) : await rolloutNumbered(ports, deployment, query.rollout);
      return ok(await explainRollout(ports, deployment, rollout, query.for));
    },
    async bundle({ principal: { tenant }, params, query: { verdict }, nowMs }) {
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const rollout = await rolloutNumbered(ports, deployment, rolloutNumber(params.n));
      return ok(await evidenceBundle(ports, { deployment, rollout, verdict: verdict ?? null, nowMs }));
    },
  };
}

/** Single blocks and those in pages. */
function countBlocks({ pages, blocks }: Evidence): Pick<EvidenceAnswer, 'blocks' | 'shortBlocks'> {
  const sum = (of: (page: EvidencePage) => number): number => pages.reduce((count, page) => count + of(page), 0);
  return { blocks: blocks.length + sum(({ sealed, short }) => sealed + short), shortBlocks: blocks.filter(({ state }) => state === 'short').length + sum(({ short }) => short) };
}
