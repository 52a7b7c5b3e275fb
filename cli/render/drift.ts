import type { DriftDocument } from '../../domain/drift/column-drift.ts';
import type { DriftVerdict } from '../../domain/drift/rule.ts';
import { paint, type Io } from '../io.ts';
import { table } from './table.ts';

/** How a verdict on drift is painted. */
export const DRIFT_LOOK = { drift: 'bad', 'no-drift': 'good', insufficient: 'warn' } as const satisfies Readonly<Record<DriftVerdict, string>>;
const SAYS = { drift: 'DRIFT', 'no-drift': 'NO DRIFT', insufficient: 'TOO FEW ROWS TO TELL' } as const satisfies Readonly<Record<DriftVerdict, string>>;
const ORDER: readonly DriftVerdict[] = ['drift', 'insufficient', 'no-drift'];

/** What drifted first. */
export function renderDrift(io: Pick<Io, 'color'>, { verdict, columns, rule }: DriftDocument): string {
  const rows = Object.entries(columns).sort(([, a], [, b]) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || b.psi - a.psi);
  return [
    paint(io, DRIFT_LOOK[verdict], SAYS[verdict]), '',
    table(['column', 'verdict', 'type', 'ref', 'cur', 'missing', 'PSI', 'p', 'JS', 'Wasserstein', 'KS', 'new'], rows.map(([name, each]) => [
      name, paint(io, DRIFT_LOOK[each.verdict], each.verdict), each.type, String(each.nRef), String(each.nCur), `${each.missing.ref} → ${each.missing.cur}`, figure(each.psi), figure(each.psiP), figure(each.jsDistance),
      each.wassersteinNormed === null ? '-' : `${figure(each.wassersteinNormed)} sd`, figure(each.ks), each.newCategories.join(', '),
    ])),
    '', `drift: significant at α ${figure(rule.alpha)} over all columns (${rule.falseAlarms} false alarm${rule.falseAlarms === 1 ? '' : 's'} a month, ${rule.windows} windows), and PSI at least ${rule.least}`,
  ].join('\n');
}

/** Three digits that count. */
export function figure(value: number | null): string { return value === null ? '-' : String(Number(value.toPrecision(3))); }
