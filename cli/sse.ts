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
  const fields = fieldsOf(text);
  if (fields.data === undefined) return null;
  try {
    const data = JSON.parse(fields.data) as Partial<StreamEvent>;
    return { deployment: '', type: 'deployment', data, ...data, id: fields.id ?? data.id ?? '', ...(fields.event === undefined ? {} : { type: fields.event as StreamEvent['type'] }) };
  } catch {
    return null;
  }
}

/** A field that comes again adds a line. */
function fieldsOf(text: string): Readonly<Partial<Record<'id' | 'event' | 'data', string>>> {
  const fields: Partial<Record<'id' | 'event' | 'data', string>> = {};
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (name !== 'id' && name !== 'event' && name !== 'data') continue;
    const before = fields[name];
    fields[name] = before === undefined ? value : `${before}\n${value}`;
  }
  return fields;
}
