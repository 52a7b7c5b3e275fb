/** How many bytes from the start of a file `fileFormat` wants to see. */
export const HEAD_BYTES = 512;

/** A file's name and first bytes. */
export interface FileHead { readonly path: string; readonly head: Uint8Array }

/** Where formats meet in one folder, the first of these is the model and the rest go with it. */
const PRECEDENCE = ['onnx', 'safetensors', 'gguf', 'tflite', 'hdf5', 'catboost', 'lightgbm', 'xgboost', 'joblib', 'pickle', 'zip'] as const;
export type FileFormat = (typeof PRECEDENCE)[number];

/** The format of a model by its content, whatever its files are called; `unknown` when no file is known, or two ONNX graphs compete. */
export function modelFormat(files: readonly FileHead[]): FileFormat | 'unknown' {
  const found = files.map(({ head }) => fileFormat(head)).filter((format) => format !== null);
  if (found.filter((format) => format === 'onnx').length > 1) return 'unknown';
  return PRECEDENCE.find((format) => found.includes(format)) ?? 'unknown';
}

/** The format of one file by its first bytes, or null. */
export function fileFormat(head: Uint8Array): FileFormat | null {
  return MAGIC.find(({ matches }) => matches(head))?.format ?? null;
}

const MAGIC: readonly { readonly format: FileFormat; readonly matches: (head: Uint8Array) => boolean }[] = [
  { format: 'gguf', matches: (head) => starts(head, 'GGUF') },
  { format: 'hdf5', matches: (head) => starts(head, '\u0089HDF\r\n\u001a\n') },
  { format: 'tflite', matches: (head) => starts(head.subarray(4), 'TFL3') },
  { format: 'catboost', matches: (head) => starts(head, 'CBM1') },
  { format: 'zip', matches: (head) => starts(head, 'PK\u0003\u0004') },
  { format: 'lightgbm', matches: (head) => starts(head, 'tree\nversion=') },
  { format: 'xgboost', matches: (head) => /^\{\s*"(?:learner|version)"/.test(latin1(head)) || starts(head, '{L') },
  { format: 'joblib', matches: (head) => isPickle(head) && latin1(head).includes('joblib') },
  { format: 'pickle', matches: isPickle },
  { format: 'safetensors', matches: (head) => head.length > 8 && head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0) },
  { format: 'onnx', matches: isOnnx },
];

/** Protocol 2 to 5: PROTO opcode, then the protocol. */
function isPickle(head: Uint8Array): boolean { const [proto, version] = head; return proto === 0x80 && version !== undefined && version >= 2 && version <= 5; }

/** ModelProto: field 1 (IR version 3 to 31), then a field that ModelProto has, with its own wire type. */
function isOnnx(head: Uint8Array): boolean {
  const [tag, irVersion, next] = head;
  return tag === 0x08 && irVersion !== undefined && irVersion >= 3 && irVersion < 32 && next !== undefined && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72].includes(next);
}

function starts(head: Uint8Array, text: string): boolean { return latin1(head.subarray(0, text.length)) === text; }
function latin1(bytes: Uint8Array): string { return Buffer.from(bytes).toString('latin1'); }
