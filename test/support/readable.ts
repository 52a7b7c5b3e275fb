/** All that a reader of a database or a history sees: texts, names of fields, and bytes as text. Not by toJSON, which makes base64 of the bytes of protobuf messages. */
export function readable(value: unknown): string {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value).map(([key, each]) => `${key} ${readable(each)}`).join('\n');
}
