import type { DriftAnswer } from '../../api/contract.ts';
import type { DriftWindow } from '../../domain/drift/watch.ts';
import { paint, type Io } from '../io.ts';
import { DRIFT_LOOK, figure } from './drift.ts';
import { table } from './table.ts';

/** The sentence, the newest window column by column, and a line for each window before it. */
export function renderLiveDrift(io: Pick<Io, 'color'>, { champion, sentence, reference, items }: DriftAnswer): string {
  const [newest, ...earlier] = items;
  return [
    sentence,
    ...(reference === null ? [] : [`Reference of ${champion ?? 'the champion'}: ${String(reference.rows)} rows of ${reference.source === 'rollout' ? `rollout ${reference.rolloutId?.split('/').at(-1) ?? ''}` : 'its first traffic'}, ${span(reference)}${reference.calibrated ? '' : '; too few outcomes to estimate quality from scores'}.`]),
    ...(newest === undefined ? [] : ['', `${span(newest)}, ${String(newest.rows)} rows`, columnsOf(io, newest), ...together(newest)]),
    ...(earlier.length === 0 ? [] : ['', table(['window', 'verdict', 'rows', 'changed', 'expected right'], earlier.map((window) => [
      span(window), paint(io, DRIFT_LOOK[window.verdict], window.verdict), String(window.rows), window.columns.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name).join(', '), share(window.estimate?.accuracy ?? null),
    ]))]),
  ].join('\n');
}

function columnsOf(io: Pick<Io, 'color'>, { columns }: DriftWindow): string {
  return table(['column', 'verdict', 'rows', 'missing', 'PSI', 'p', 'JS', 'KS', 'new'], [...columns].sort((a, b) => Number(b.verdict === 'drift') - Number(a.verdict === 'drift') || b.psi - a.psi).map((each) => [
    each.name, paint(io, DRIFT_LOOK[each.verdict], each.verdict), String(each.nCur), `${String(each.missing.ref)} → ${String(each.missing.cur)}`, figure(each.psi), figure(each.psiP), figure(each.jsDistance), figure(each.ks), each.newCategories.join(', '),
  ]));
}

function together({ together: joint, estimate, alpha }: DriftWindow): readonly string[] {
  return [
    `level of the window ${figure(alpha)}${joint === null ? '' : `; all numeric columns together: p ${figure(joint.p)}${joint.isDrift ? ', changed' : ''}`}`,
    ...(estimate === null ? [] : [`expected right, by scores alone: ${share(estimate.accuracy)} (reference ${share(estimate.reference)})${estimate.isLow ? ': lower than chance explains' : ''}`]),
  ];
}

function span({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string { return `${new Date(fromMs).toISOString().slice(0, 19)}Z to ${new Date(toMs).toISOString().slice(0, 19)}Z`; }
function share(value: number | null): string { return value === null ? '-' : `${(value * 100).toFixed(1)} %`; }
