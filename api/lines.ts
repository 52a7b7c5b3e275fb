/** Lines of UTF-8 bytes, numbered from 1. A line longer than `longest` bytes comes as null; memory holds one line, never the body. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<{ readonly line: number; readonly text: string | null }> {
  let kept: Uint8Array[] = [];
  let size = 0;
  let line = 1;
  const textOfLine = (): string | null => size > longest ? null : Buffer.concat(kept).toString('utf8');
  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(10, from); at !== -1; at = chunk.indexOf(10, from)) {
      size += at - from;
      if (size <= longest) kept.push(chunk.subarray(from, at));
      yield { line, text: textOfLine() };
      line += 1;
      kept = [];
      size = 0;
      from = at + 1;
    }
    size += chunk.length - from;
    if (size <= longest) kept.push(chunk.subarray(from)); else kept = [];
  }
  if (size > 0) yield { line, text: textOfLine() };
}
