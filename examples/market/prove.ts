import { renderMoney } from '../../cli/render/verdict.ts';
import type { DeploymentSpec } from '../../domain/deployment.ts';
import { marketSpec, runOffline } from './offline.ts';
import { marketRows, type MarketRow } from './stream.ts';
import { SEED, trainMarket, type Changes, AS_TOLD } from './train.ts';

/** One line of the table in README.md. */
export interface Proof { readonly seed: number; readonly what: string; readonly kind: string; readonly why: string; readonly rows: number; readonly cycles: number; readonly lossBound: number | null; readonly money: string }

/** Version 2 against 1, then 3 and 4 against 2, one behind the other on the stream, as the story tries them. */
export function prove(seed: number, changes: Changes = AS_TOLD, spec: DeploymentSpec = marketSpec()): readonly Proof[] {
  const model = new Map(trainMarket(seed, changes).map(({ version, model: of }) => [version, of]));
  const against = (challenger: '2' | '3' | '4', champion: '1' | '2', fromRow: number): Proof => {
    const [one, other] = [model.get(champion), model.get(challenger)];
    if (one === undefined || other === undefined) throw new RangeError(`There is no version ${champion} or ${challenger}.`);
    const { verdict, rows, cycles, plan } = runOffline({ rows: liveFrom(seed, fromRow), champion: one, challenger: other, spec });
    return {
      seed, what: `${challenger} against ${champion}`, kind: verdict.kind, why: verdict.reasons.map(({ code, metric }) => `${code}${metric === null ? '' : ` (${metric})`}`).join(', '), rows, cycles,
      lossBound: plan.metrics.find(({ name }) => name === 'value')?.lossBound ?? null, money: verdict.money === null ? '-' : renderMoney(verdict.money),
    };
  };
  const second = against('2', '1', 0);
  const third = against('3', '2', second.rows);
  return [second, third, against('4', '2', second.rows + third.rows)];
}

function* liveFrom(seed: number, fromRow: number): Generator<MarketRow> {
  for (const row of marketRows(seed)) if (row.index >= fromRow) yield row;
}

export function proofTable(proofs: readonly Proof[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['seed', 'version', 'verdict', 'because', 'rows', 'hours of evidence', 'loss bound', 'money']), line(Array.from({ length: 8 }, () => '---')),
    ...proofs.map((it) => line([it.seed, it.what, it.kind, it.why, it.rows.toLocaleString('en-US'), it.cycles, it.lossBound?.toFixed(2) ?? '-', it.money])),
  ].join('\n');
}

if (import.meta.main) process.stdout.write(`${proofTable([SEED, 11, 2].flatMap((seed) => prove(seed)))}\n`);
