import type {
  ApplyAnswer, AuditAnswer, CommandAnswer, DeploymentList, DeploymentView, EvidenceAnswer, ExplainAnswer, GatewaysAnswer, HealthAnswer,
  CaseAnswer, CheckpointsAnswer, KeyLine, LabelsAnswer, NewKeyAnswer, PlanAnswer, RolloutList, RolloutView, RouteName, StartRolloutAnswer,
} from '../api/contract.ts';
import type { Bundle } from '../domain/evidence/bundle.ts';

/** What each route answers. `events` is a stream and is not called this way. */
export interface Answers extends Record<Exclude<RouteName, 'events'>, unknown> {
  readonly listDeployments: DeploymentList;
  readonly plan: PlanAnswer;
  readonly apply: ApplyAnswer;
  readonly getDeployment: DeploymentView;
  readonly startRollout: StartRolloutAnswer;
  readonly listRollouts: RolloutList;
  readonly getRollout: RolloutView;
  readonly pause: CommandAnswer;
  readonly resume: CommandAnswer;
  readonly promote: CommandAnswer;
  readonly abort: CommandAnswer;
  readonly rollback: CommandAnswer;
  readonly pushLabels: LabelsAnswer;
  readonly evidence: EvidenceAnswer;
  readonly explain: ExplainAnswer;
  readonly bundle: Bundle;
  readonly getCase: CaseAnswer;
  readonly checkpoints: CheckpointsAnswer;
  readonly gateways: GatewaysAnswer;
  readonly audit: AuditAnswer;
  readonly health: HealthAnswer;
  readonly listKeys: readonly KeyLine[];
  readonly newKey: NewKeyAnswer;
  readonly revokeKey: CommandAnswer;
}
