import { existsSync, readFileSync, writeFileSync, appendFileSync } from 'node:fs';
import { checkpointLine, endLine, headLine, readExport, recordLine } from '../../domain/audit/export-file.ts';
import { firstBreak } from '../../domain/audit.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { Session } from '../context.ts';
import { tell } from '../output.ts';
import { progressLine } from '../render/repaint.ts';
import { allCheckpoints, chainPages } from './read-chain.ts';

export interface ExportOptions { out?: string; resume?: boolean }

interface Begun { readonly text: string; readonly afterSeq: number; readonly records: number }

/** The whole chain, its checkpoints and the public key as one file that can be verified anywhere. */
export async function exportChain(session: Session, { out, resume = false }: ExportOptions): Promise<undefined> {
  const { client, output } = session;
  // First the checkpoints: what is signed by now is in the chain that is read after it, so that a chain that grows meanwhile does not look cut.
  const { tenantId, items: checkpoints, keys } = await allCheckpoints(client);
  const begun = begin(out, resume, tenantId) ?? { text: headLine(tenantId, keys), afterSeq: 0, records: 0 };
  const write = out === undefined ? output.out : (piece: string): void => { appendFileSync(out, piece); };
  if (out === undefined) output.out(begun.text); else writeFileSync(out, begun.text);
  const { text, records } = await writeRecords(session, begun, write);
  const signed = checkpoints.map(checkpointLine).join('');
  write(signed + endLine(text + signed, { records, checkpoints: checkpoints.length }));
  tell(output, `${records} records and ${checkpoints.length} checkpoints of tenant ${tenantId}${out === undefined ? '' : ` in ${out}`}. Verify with: lastmile audit verify ${out ?? 'FILE'}`);
  return undefined;
}

async function writeRecords({ client, output }: Session, begun: Begun, write: (piece: string) => void): Promise<Pick<Begun, 'text' | 'records'>> {
  let { text, records } = begun;
  const line = output.interactive && !output.json ? progressLine(output) : null;
  for await (const page of chainPages(client, begun.afterSeq)) {
    const piece = page.map(recordLine).join('');
    write(piece);
    text += piece;
    records += page.length;
    line?.show(`${records.toLocaleString('en-US')} records`);
  }
  line?.end();
  return { text, records };
}

function begin(out: string | undefined, resume: boolean, tenantId: string): Begun | null {
  if (out === undefined || !existsSync(out)) return null;
  if (!resume) throw new LastmileError('LM_CONFLICT', `${out} exists; go on with it by --resume, or choose another name.`);
  return begunIn(out, tenantId);
}

/** The head and the records of a file that was begun, up to what still follows; what comes after them is written anew. */
function begunIn(out: string, tenantId: string): Begun {
  const whole = readFileSync(out, 'utf8');
  const lines = whole.split('\n').slice(0, -1);
  const end = lines.findIndex((line, i) => i > 0 && !line.startsWith('{"record":'));
  const text = (end === -1 ? lines : lines.slice(0, end)).map((line) => `${line}\n`).join('');
  const { head, records } = readExport(text);
  if (head?.tenantId !== tenantId) throw new LastmileError('LM_CONFLICT', `${out} is not an audit export of tenant ${tenantId}; choose another name.`);
  const broken = firstBreak(records);
  if (broken !== null) throw new LastmileError('LM_CONFLICT', `${out} is broken at record ${broken}; export anew under another name.`);
  return { text, afterSeq: records.at(-1)?.seq ?? 0, records: records.length };
}
