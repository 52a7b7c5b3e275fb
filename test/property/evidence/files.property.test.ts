import fc from 'fast-check';
import { signatureCheck } from '../../../config/signing.ts';
import { checkExport } from '../../../domain/audit/export-file.ts';
import { bundleText } from '../../../domain/evidence/bundle.ts';
import { verifyBundle } from '../../../domain/evidence/verify.ts';
import { sealedWith } from '../../support/sealed-evidence.ts';
import { byOwnKeys, chained, checkpointOf, exportText, newSigningKey } from '../../support/signed-audit.ts';

const key = newSigningKey();
const records = chained(6);
const EXPORT = Buffer.from(exportText(records, [checkpointOf(records[2]!, key), checkpointOf(records[5]!, key)], key));
const BUNDLE = Buffer.from(bundleText(sealedWith(key)));

/** As the CLI reads a file: bytes that are not UTF-8 are no text. */
function textOf(bytes: Uint8Array): string | null {
  try { return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes); } catch { return null; }
}
function exportHolds(bytes: Uint8Array): boolean {
  const text = textOf(bytes);
  if (text === null) return false;
  const { problems, fileProblems } = checkExport(text, byOwnKeys);
  return problems.length === 0 && fileProblems.length === 0;
}
function bundleHolds(bytes: Uint8Array): boolean {
  const text = textOf(bytes);
  return text !== null && verifyBundle(text, (own) => signatureCheck([own])).problems.length === 0;
}

/** One byte set to another value. */
function flip(bytes: Uint8Array, at: number, by: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at]! + by) % 256;
  return copy;
}

test('untouched, both hold', () => { expect([exportHolds(EXPORT), bundleHolds(BUNDLE)]).toEqual([true, true]); });

test('any single byte of an audit export, changed, is found', () => {
  fc.assert(fc.property(fc.nat(EXPORT.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => !exportHolds(flip(EXPORT, at, by))), { numRuns: 800 });
});

test('any single byte of a bundle, changed, is found', () => {
  // The head and the end hold what is not inside a part: half of the runs look there.
  const places = fc.oneof(fc.nat(BUNDLE.length - 1), fc.nat(1_000), fc.nat(1_000).map((back) => BUNDLE.length - 1 - back));
  fc.assert(fc.property(places, fc.integer({ min: 1, max: 255 }), (at, by) => !bundleHolds(flip(BUNDLE, at, by))), { numRuns: 300 });
});

test('bytes left out, put in or swapped are found', () => {
  fc.assert(fc.property(fc.nat(EXPORT.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
    const without = Buffer.concat([EXPORT.subarray(0, at), EXPORT.subarray(at + 1)]);
    const more = Buffer.concat([EXPORT.subarray(0, at), Buffer.from([byte]), EXPORT.subarray(at)]);
    return !exportHolds(without) && !exportHolds(more);
  }), { numRuns: 300 });
});
