import type { DrillsAnswer } from '../../api/contract.ts';
import { formatDuration } from '../../domain/duration.ts';
import { drillResult, type DrillResult } from '../../domain/kill/drill.ts';
import { paint, type Io } from '../io.ts';
import { table, utc } from './table.ts';

const LOOK = { passed: 'good', slow: 'bad', failed: 'bad', 'under-way': 'warn' } as const satisfies Readonly<Record<DrillResult, string>>;

/** The figure first, then every drill, newest first. */
export function renderDrills(io: Pick<Io, 'color'>, { summary, items }: DrillsAnswer): string {
  const { everyMs, limitMs, nextAtMs } = summary;
  const schedule = everyMs === null ? 'not scheduled (spec.drills)' : `every ${formatDuration(everyMs)}${nextAtMs === null ? '' : `, next from ${utc(nextAtMs)} on`}`;
  return [
    paint(io, summary.lastResult === 'failed' || summary.lastResult === 'slow' ? 'bad' : 'bold', summary.sentence),
    `${schedule}; limit ${formatDuration(limitMs)}${summary.worstMs === null ? '' : `; slowest ${summary.worstMs} ms`}`,
    ...(items.length === 0 ? [] : [table(['drill', 'ordered', 'result', 'time to safe', 'proved after', 'by', 'version', 'not confirmed'], items.map(({ kill, toSilentMs, toProvedMs }) => {
      const result = drillResult(kill, summary);
      return [kill.killId, utc(kill.requestedAtMs), paint(io, LOOK[result], result), ms(toSilentMs), ms(toProvedMs), kill.actor.name, kill.variants.map(({ version, role }) => `${version} (${role})`).join(', '), kill.missing.join('; ')];
    }))]),
  ].join('\n');
}

function ms(value: number | null): string { return value === null ? '-' : `${value} ms`; }
