import type {
  ApplyAnswer, AuditAnswer, BreakGlassAnswer, CommandAnswer, DeploymentList, DeploymentView, EvidenceAnswer, ExplainAnswer, GatewaysAnswer, HealthAnswer,
  KeyLine, KillDigestAnswer, KillsAnswer, KillView, LabelsAnswer, NewKeyAnswer, PlanAnswer, RecordAnswer, RolloutList, RolloutView, RouteName, StartRolloutAnswer,
} from '../api/contract.ts';

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
  readonly kill: KillView;
  readonly killDigest: KillDigestAnswer;
  readonly getKill: KillView;
  readonly listKills: KillsAnswer;
  readonly killReason: KillView;
  readonly revive: KillView;
  readonly breakGlass: BreakGlassAnswer;
  readonly forgetGateway: CommandAnswer;
  readonly pushLabels: LabelsAnswer;
  readonly evidence: EvidenceAnswer;
  readonly explain: ExplainAnswer;
  readonly getRecord: RecordAnswer;
  readonly gateways: GatewaysAnswer;
  readonly audit: AuditAnswer;
  readonly health: HealthAnswer;
  readonly listKeys: readonly KeyLine[];
  readonly newKey: NewKeyAnswer;
  readonly revokeKey: CommandAnswer;
}
