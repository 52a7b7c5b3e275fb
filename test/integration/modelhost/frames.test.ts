import fc from 'fast-check';
import { frameHeader, FrameReader, type Frame } from '../../../modelhost/frames.ts';

const frames = fc.array(fc.record({ id: fc.nat(0xffff_ffff), code: fc.nat(0xffff), slot: fc.nat(0xffff), body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) }), { maxLength: 8 });

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
    const stream = Buffer.concat(sent.flatMap((frame) => [frameHeader(frame), frame.body]));
    const reader = new FrameReader();
    const received: Frame[] = [];
    for (let at = 0, i = 0; at < stream.length; i += 1) {
      const size = cuts[i % cuts.length]!;
      received.push(...reader.push(stream.subarray(at, at + size)));
      at += size;
    }
    expect(received.map((frame) => ({ ...frame, body: Buffer.from(frame.body) }))).toEqual(sent);
  }), { numRuns: 500, seed: 5 });
});

test('a length that no sender writes is an error', () => {
  expect(() => new FrameReader().push(Buffer.alloc(12))).toThrow(RangeError);
});
