import { signatureCheck } from '../../../config/signing.ts';
import type { PublicKeyText } from '../../../domain/audit/signature.ts';
import type { Json } from '../../../domain/canonical-json.ts';
import { digestOfJson } from '../../../domain/digest.ts';
import { bundleText, PART_NAMES, rootOf, type Bundle, type BundleParts, type PartName } from '../../../domain/evidence/bundle.ts';
import { blocksSeen } from '../../../domain/evidence/judged-blocks.ts';
import { fromPlain, toPlain } from '../../../domain/evidence/plain-json.ts';
import { offChain, verifyBundle, type BundleCheck } from '../../../domain/evidence/verify.ts';
import { BLOCKS, ENTRIES, sealedWith, VERDICT } from '../../support/sealed-evidence.ts';
import { chainOf, newSigningKey } from '../../support/signed-audit.ts';

const key = newSigningKey();
const sealed = sealedWith(key);
const byOwn = (own: PublicKeyText) => signatureCheck([own]);
const verify = (bundle: unknown): BundleCheck => verifyBundle(bundleText(bundle), byOwn);
const where = (bundle: unknown): readonly string[] => verify(bundle).problems.map((problem) => problem.where);

test('an honest bundle is whole, comes back as it was, and the judge says the same to the last digit', () => {
  const checked = verify(sealed);
  expect(checked).toMatchObject({ problems: [], rejudged: { state: 'same' }, about: { deployment: 'churn', rollout: 1, verdict: 3 } });
  expect(checked.parts?.blocks).toEqual(BLOCKS);
  expect(checked.parts?.verdict).toEqual(VERDICT);
  expect(VERDICT).toMatchObject({ kind: 'promote', dropRatio: 7 / 607 });
});

test('numbers that JSON has no word for survive', () => {
  const value = { a: [Infinity, -Infinity, -0, 0, NaN, 0.1 + 0.2], b: null, c: { d: 'x', e: true } };
  const back = fromPlain(JSON.parse(JSON.stringify(toPlain(value))) as Json) as typeof value;
  expect(back).toEqual(value);
  expect(Object.is(back.a[2], -0)).toBe(true);
});

/** Every leaf of a value, by its path. */
function leaves(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).flatMap(([name, member]) => leaves(member, [...path, name]));
  return inside.length === 0 ? [path] : inside;
}
function changed(value: unknown, [name, ...rest]: readonly (string | number)[]): unknown {
  if (name === undefined) return typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : typeof value === 'boolean' ? !value : { changed: true };
  return Array.isArray(value) ? value.map((each: unknown, i) => (i === Number(name) ? changed(each, rest) : each)) : { ...(value as object), [name]: changed((value as Record<string, unknown>)[name], rest) };
}

test.each(PART_NAMES)('any change inside %s is named', (name) => {
  // Every field once: members of a list are alike.
  const fields = new Map(leaves(sealed.parts[name].value).map((path) => [path.filter((step) => !/^\d+$/.test(String(step))).join('.'), path]));
  for (const path of fields.values()) expect(where(changed(sealed, ['parts', name, 'value', ...path]))).toContain(name);
  expect(where(changed(sealed, ['parts', name, 'sha256']))).toEqual(expect.arrayContaining([name, 'root']));
});

test('any change of what it is about, of the root, of the seal, or of what belongs to it is named', () => {
  for (const member of Object.keys(sealed.about)) expect(where(changed(sealed, ['about', member]))).toContain('root');
  expect(where(changed(sealed, ['root']))).toEqual(['root', 'seal']);
  for (const member of ['keyId', 'publicKey', 'signature']) expect(where(changed(sealed, ['seal', member]))[0]).toBe('seal');
  expect(where({ ...sealed, note: 'by the way' })).toEqual(['note']);
  expect(where({ ...sealed, parts: { ...sealed.parts, extra: sealed.parts.plan } })).toEqual(['extra', 'root']);
  expect(where({ ...sealed, parts: { ...sealed.parts, plan: undefined } })).toEqual(['file']);
  expect(where({ ...sealed, type: 'lastmile/evidence/v2' })).toEqual(['file']);
  expect(verifyBundle(` ${bundleText(sealed)}`, byOwn).problems).toMatchObject([{ where: 'file' }]);
  expect(verifyBundle('not json', byOwn).problems).toMatchObject([{ where: 'file' }]);
});

/** Somebody who can write everything but has not the key: hashes and root made to fit. */
function rehashed(of: Bundle, name: PartName, value: unknown): Bundle {
  const plain = toPlain(value);
  const parts = { ...of.parts, [name]: { sha256: digestOfJson(plain), value: plain } };
  return { ...of, parts, root: rootOf(of.about, Object.fromEntries(Object.entries(parts).map(([each, { sha256 }]) => [each, sha256]))) };
}

test('hashes that were made to fit do not help without the key; with another key only a trusted one tells', () => {
  expect(where(rehashed(sealed, 'rollout', { ...(sealed.parts.rollout.value as object), reason: 'because' }))).toEqual(['seal']);
  const foreign = sealedWith(newSigningKey());
  expect(where(foreign)).toEqual([]);
  expect(verifyBundle(bundleText(foreign), () => signatureCheck([sealed.seal])).problems.map((problem) => problem.where)).toEqual(['seal', 'checkpoint']);
});

/** Even the owner of the key cannot seal a verdict that its blocks do not give. */
const lies: readonly (readonly [string, Partial<BundleParts>, readonly string[]])[] = [
  ['another kind', { verdict: { ...VERDICT, kind: 'rollback' } }, ['verdict']],
  ['a last digit', { verdict: { ...VERDICT, findings: VERDICT.findings.map((finding) => ({ ...finding, estimate: (finding.estimate ?? 0) + 1e-16 * Math.sign(finding.estimate ?? 1) * 4 })) } }, ['verdict']],
  ['another evidence hash', { verdict: { ...VERDICT, evidenceHash: `sha256:${'0'.repeat(64)}` } }, ['verdict']],
  ['a block left out', { blocks: BLOCKS.filter((_, i) => i !== 50) }, ['verdict']],
  ['a block changed', { blocks: BLOCKS.map((block, i) => (i === 50 ? { ...block, state: 'short' as const } : block)) }, ['verdict']],
  ['blocks of another rollout', { blocks: BLOCKS.map((block) => ({ ...block, rolloutId: 'dep_1/2' })) }, ['verdict']],
  ['a plan that the verdict does not name', { plan: { ...sealedPlan(), minCycles: 1 } }, ['plan', 'verdict']],
  ['no plan', { plan: null }, ['plan']],
  ['a block that was sealed later', { blocks: [...BLOCKS, { ...BLOCKS[0]!, slot: BLOCKS.at(-1)!.slot + 90 }] }, ['blocks', 'verdict']],
];
function sealedPlan(): NonNullable<BundleParts['plan']> { return fromPlain(sealed.parts.plan.value) as NonNullable<BundleParts['plan']>; }

test.each(lies)('sealed with the right key, %s is still found', (_what, change, expected) => {
  expect(where(sealedWith(key, change))).toEqual(expected);
});

test('audit records in it are checked by their own hashes, and against a whole chain', () => {
  const parts = verify(sealed).parts!;
  expect(parts.routeChanges.map(({ seq }) => seq)).toEqual([4, 5, 6]);
  expect(where(sealedWith(key, { audit: parts.audit.map((record, i) => (i === 1 ? { ...record, reason: 'nothing' } : record)) }))).toEqual(['audit']);
  expect(where(sealedWith(key, { routeChanges: [...parts.routeChanges].reverse() }))).toEqual(['routeChanges', 'routeChanges']);
  expect(offChain(parts, chainOf(ENTRIES))).toEqual([]);
  expect(offChain(parts, chainOf(ENTRIES.map((entry, i) => (i === 4 ? { ...entry, reason: 'other' } : entry)))).map(({ problem }) => problem)).toEqual(['record 7 is not the one of the chain', 'record 5 is not the one of the chain', 'record 6 is not the one of the chain']);
});

test('a verdict of another judge is verified by its hashes alone, and says so; one of a person rests on no blocks', () => {
  expect(verify(sealedWith(key, { verdict: { ...VERDICT, judgeVersion: '0' } }))).toMatchObject({ problems: [], rejudged: { state: 'other-version', stored: '0' } });
  expect(verify(sealedWith(key, { verdict: { ...VERDICT, planHash: null, kind: 'promote', reasons: [{ code: 'person', metric: null, text: 'promoted' }] }, plan: null, blocks: [] }))).toMatchObject({ problems: [], rejudged: { state: 'not-judged' } });
});

test('a verdict of before the judge told what it saw takes the blocks sealed by then', () => {
  const { seenTo, ...older } = VERDICT;
  expect(seenTo).toMatchObject({ accuracy: Math.max(...BLOCKS.filter(({ metric }) => metric === 'accuracy').map(({ slot }) => slot)) });
  expect(blocksSeen(older, [...BLOCKS, { ...BLOCKS[0]!, slot: 999_999, sealedAtMs: VERDICT.atMs + 1 }])).toEqual(BLOCKS);
  expect(verify(sealedWith(key, { verdict: older }))).toMatchObject({ problems: [], rejudged: { state: 'same' } });
});
