import type { StreamEvent } from '../api/contract.ts';

/** Server-sent events (WHATWG HTML, 9.2) from a body; comments and events without data are left out. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest = `${rest}${decoder.decode(chunk, { stream: true })}`.replaceAll('\r\n', '\n');
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const event = parseEvent(part);
      if (event !== null) yield event;
    }
  }
}

/** The document is in `data`; `id` and `event` fill what it does not say itself. */
export function parseEvent(text: string): StreamEvent | null {
  const fields: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^(id|event|data): ?(.*)$/.exec(line);
    if (match?.[1] === undefined) continue;
    const before = fields[match[1]];
    fields[match[1]] = before === undefined ? match[2] ?? '' : `${before}\n${match[2] ?? ''}`;
  }
  if (fields.data === undefined) return null;
  try {
    const data = JSON.parse(fields.data) as Partial<StreamEvent>;
    return { deployment: '', data, ...data, id: fields.id ?? data.id ?? '', type: (fields.event ?? data.type ?? 'deployment') as StreamEvent['type'] };
  } catch {
    return null;
  }
}
