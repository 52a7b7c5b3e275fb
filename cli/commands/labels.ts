import { Option, type Command } from 'commander';
import { act, type Context, type Session } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatOf, inBatches, LABEL_FORMATS, readLabels, type LabelFormat } from '../label-file.ts';
import { countingNumber, wholeNumber } from '../numbers.ts';
import { give, tell } from '../output.ts';
import { openInput } from '../read-input.ts';
import { progressLine } from '../render/repaint.ts';

interface PushOptions { format?: LabelFormat; batch: number; from: number }
interface Pushed { accepted: number; repeated: number; revised: number; readonly refused: { line: number; problem: string }[]; next: number }

export function registerLabels(program: Command, context: Context): void {
  program.command('labels').description('true outcomes of inferences').command('push').description('hand over outcomes from a file; repeats are counted, not counted twice')
    .argument('<name>', 'deployment').argument('<file>', 'JSON, NDJSON or CSV with id, value and, where wanted, row and time; - for standard input')
    .addOption(new Option('--format <format>', 'format of the file (default: by its name)').choices(LABEL_FORMATS))
    .option('--batch <n>', 'labels a call', countingNumber, 1_000).option('--from <n>', 'first label to send, counted from 0: goes on where a push stopped', wholeNumber, 0)
    .action(act<[string, string], PushOptions>(context, push));
}

async function push(session: Session, options: PushOptions, name: string, file: string): Promise<ExitCode> {
  const { output } = session;
  const total: Pushed = { accepted: 0, repeated: 0, revised: 0, refused: [], next: options.from };
  try {
    await pushAll(session, options, { name, file, total });
  } catch (error) {
    tell(output, `Stopped at label ${total.next}. Go on with: lastmile labels push ${name} ${file} --from ${total.next}`);
    throw error;
  }
  give(output, total, () => [
    `${total.accepted} accepted, ${total.repeated} known already, ${total.revised} revised, ${total.refused.length} refused`,
    ...total.refused.slice(0, 20).map(({ line, problem }) => `  label ${line}: ${problem}`),
  ].join('\n'));
  return total.refused.length > 0 ? EXIT.error : EXIT.good;
}

async function pushAll({ client, output }: Session, options: PushOptions, { name, file, total }: { name: string; file: string; total: Pushed }): Promise<void> {
  const line = output.interactive && !output.json ? progressLine(output) : null;
  let position = 0;
  for await (const batch of inBatches(readLabels(openInput(file, output.input), options.format ?? formatOf(file)), options.batch)) {
    const labels = batch.slice(Math.max(0, options.from - position));
    const offset = position + batch.length - labels.length;
    position += batch.length;
    if (labels.length === 0) continue;
    const answer = await client.call('pushLabels', { params: { name }, body: { labels } });
    total.accepted += answer.accepted;
    total.repeated += answer.repeated;
    total.revised += answer.revised;
    total.refused.push(...answer.refused.map((one) => ({ line: one.line + offset, problem: one.problem })));
    total.next = position;
    line?.show(`${position.toLocaleString('en-US')} labels`);
  }
  line?.end();
}
