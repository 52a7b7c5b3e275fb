import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, sourceFiles } from '../support/source-tree.ts';

/** Targets of Markdown links and pictures that lie in the repository, without their anchors. */
function relativeLinks(markdown: string): readonly string[] {
  const prose = markdown.replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^([a-z]+:|#)/.test(target)).map((target) => target.replace(/#.*$/, ''));
}

test('links are found, and addresses, anchors and code are none', () => {
  expect(relativeLinks('[a](docs/a.md#b) ![p](p.svg) [c](https://x.test/y) [d](#d) `[e](e.md)`\n```\n[f](f.md)\n```\n')).toEqual(['docs/a.md', 'p.svg']);
  expect(relativeLinks(readFileSync(join(ROOT, 'README.md'), 'utf8'))).toEqual(expect.arrayContaining(['docs/picture.svg', 'ARCHITECTURE.md']));
});

test.each(sourceFiles(['.md']))('every relative link of %s leads to a file', (page) => {
  expect(relativeLinks(readFileSync(join(ROOT, page), 'utf8')).filter((target) => !existsSync(join(ROOT, dirname(page), decodeURIComponent(target))))).toEqual([]);
});
