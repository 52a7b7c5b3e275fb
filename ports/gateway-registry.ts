import type { GatewayStats, OwnKill, VariantQuiet } from '../domain/traffic/table.ts';

export interface GatewayRegistration {
  readonly gatewayId: string;
  readonly incarnation: number;
  readonly address: string;
  readonly adminAddress: string | null;
  readonly applied: Readonly<Record<string, number>>;
  readonly ownKills: Readonly<Record<string, readonly OwnKill[]>>;
  readonly quiet: Readonly<Record<string, VariantQuiet>>;
  readonly stats: GatewayStats;
  readonly seenAtMs: number;
  /** Until then a gateway without contact may still send challengers their share. */
  readonly leaseUntilMs: number;
}

/** Which gateways there are: an acknowledgement is counted over these, not over the connections at hand (decision D3). */
export interface GatewayRegistry {
  /** Replaces what an older or equal incarnation said. */
  seen(registration: GatewayRegistration): Promise<void>;
  list(): Promise<readonly GatewayRegistration[]>;
  /** Forgets a gateway that said goodbye. */
  remove(gatewayId: string): Promise<void>;
}
