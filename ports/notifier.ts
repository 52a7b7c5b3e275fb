import type { TenantId } from '../domain/ids.ts';

/** What people want to hear of: verdicts, promotions, rollbacks, things that wait on them. */
export interface Notice { readonly id: string; readonly tenantId: TenantId; readonly deployment: string; readonly type: string; readonly text: string; readonly atMs: number; readonly link: string | null }

/** Sends at least once, with one id per notice. LM_BACKEND_UNAVAILABLE or LM_TIMEOUT: try again. */
export interface Notifier { send(notice: Notice): Promise<void> }
