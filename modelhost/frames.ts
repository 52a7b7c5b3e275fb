/**
 * Messages between modelhost and its children over a socket pair. One frame: u32 length of the rest, u32 id, u16 code, u16 slot, body.
 * All numbers little-endian. In a request `code` is a CALL, in an answer an HTTP status. `slot` names the model within a child.
 */
export interface Frame { readonly id: number; readonly code: number; readonly slot: number; readonly body: Buffer }

export const CALL = { load: 1, infer: 2, unload: 3 } as const;

const HEADER = 12;
/** Largest frame: a model of 2 GB less a little, which is protobuf's own limit. */
const LARGEST = 0x7fff_ffff;

export function frameHeader({ id, code, slot, body }: Frame): Buffer {
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt32LE(HEADER - 4 + body.byteLength, 0);
  header.writeUInt32LE(id, 4);
  header.writeUInt16LE(code, 8);
  header.writeUInt16LE(slot, 10);
  return header;
}

/** Cuts a byte stream into frames; a frame may come in any pieces. Throws RangeError on a length that no sender writes. */
export class FrameReader {
  #parts: Buffer[] = [];
  #size = 0;
  #needed = HEADER;

  /** Frames that are whole with this piece. */
  push(piece: Buffer): readonly Frame[] {
    this.#parts.push(piece);
    this.#size += piece.byteLength;
    if (this.#size < this.#needed) return [];
    let rest = this.#parts.length === 1 ? piece : Buffer.concat(this.#parts, this.#size);
    const frames: Frame[] = [];
    this.#needed = HEADER;
    while (rest.byteLength >= HEADER) {
      const length = rest.readUInt32LE(0);
      if (length < HEADER - 4 || length > LARGEST) throw new RangeError(`A frame says it has ${String(length)} bytes.`);
      if (rest.byteLength < length + 4) { this.#needed = length + 4; break; }
      frames.push({ id: rest.readUInt32LE(4), code: rest.readUInt16LE(8), slot: rest.readUInt16LE(10), body: rest.subarray(HEADER, length + 4) });
      rest = rest.subarray(length + 4);
    }
    this.#parts = rest.byteLength === 0 ? [] : [rest];
    this.#size = rest.byteLength;
    return frames;
  }
}
