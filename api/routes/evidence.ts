import { LastmileError } from '../../domain/errors.ts';
import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { EvidenceAnswer, RecordAnswer } from '../contract.ts';
import { explainRollout } from '../explanation.ts';
import { deploymentNamed, newestRollout, rolloutNumber, rolloutNumbered } from '../views.ts';

const VERDICTS = 200;

export function evidenceRoutes(ports: ApiPorts): Pick<Handlers, 'evidence' | 'explain' | 'getRecord'> {
  const { evidence, records, labels } = ports.stores;
  return {
    async evidence({ principal: { tenant }, params }) {
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const { rolloutId } = await rolloutNumbered(ports, deployment, rolloutNumber(params.n));
      const [plan, verdicts, blocks, progress] = await Promise.all([
        evidence.getPlan(tenant, rolloutId), evidence.verdicts(tenant, rolloutId, VERDICTS), evidence.blocks(tenant, rolloutId), evidence.getProgress(tenant, rolloutId),
      ]);
      return ok({ plan, verdicts, blocks: blocks.length, shortBlocks: blocks.filter(({ state }) => state === 'short').length, progress } satisfies EvidenceAnswer);
    },
    async explain({ principal: { tenant }, params, query }) {
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const rollout = query.rollout === undefined ? await newestRollout(ports, deployment) : await rolloutNumbered(ports, deployment, query.rollout);
      return ok(await explainRollout(ports, deployment, rollout, query.for));
    },
    async getRecord({ principal: { tenant }, params }) {
      const { uid, name } = await deploymentNamed(ports, tenant, params.name);
      const inferenceId = (params.inferenceId ?? '').slice(0, 200);
      const [legs, known] = await Promise.all([records.byInference(tenant, uid, inferenceId), labels.history(tenant, uid, inferenceId)]);
      if (legs.length === 0 && known.length === 0) throw new LastmileError('LM_RECORD_NOT_FOUND', `${name} keeps no record of inference ${inferenceId.slice(0, 60)}; records are kept for the time that the file says (records.keep).`);
      return ok({ inferenceId, legs, labels: known } satisfies RecordAnswer);
    },
  };
}
