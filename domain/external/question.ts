import type { Question } from './metric.ts';

/** What may stand in {{double braces}} in a question. */
export const PLACEHOLDERS = ['deployment', 'model', 'version', 'variant', 'role'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
/** Those in which champion and challenger differ. */
const OF_A_SIDE: readonly Placeholder[] = ['version', 'variant', 'role'];
export type Names = Readonly<Record<Placeholder, string>>;

const BRACES = /\{\{([^{}]*)\}\}/g;
/** What cannot end a string of PromQL or JSON, whatever quotes it stands in, nor leave its place in a URL, where it is percent-encoded. */
const SAFE = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:+@/-]{0,199}$/;

/** The texts of a question that may hold placeholders. */
function textsOf(question: Question): readonly string[] {
  return question.kind === 'prometheus' ? [question.query] : [question.url, question.body ?? ''];
}

/** Placeholders that are not known, as written. */
export function unknownPlaceholders(question: Question): readonly string[] {
  return named(question).filter((name) => !PLACEHOLDERS.includes(name as Placeholder));
}

/** Whether champion and challenger are asked for differently. */
export function tellsSidesApart(question: Question): boolean { return named(question).some((name) => OF_A_SIDE.includes(name as Placeholder)); }

function named(question: Question): readonly string[] { return [...new Set(textsOf(question).flatMap((text) => [...text.matchAll(BRACES)].map(([, name = '']) => name.trim())))]; }

/** The question with its placeholders filled in; the name of a placeholder whose value could change what is asked, instead. */
export function fill(question: Question, names: Names): Question | { readonly unsafe: Placeholder } {
  const unsafe = named(question).find((name): name is Placeholder => PLACEHOLDERS.includes(name as Placeholder) && !SAFE.test(names[name as Placeholder]));
  if (unsafe !== undefined) return { unsafe };
  const filled = (text: string, as: (value: string) => string): string => text.replace(BRACES, (_, name: string) => as(names[name.trim() as Placeholder]));
  const plain = (text: string): string => filled(text, (value) => value);
  if (question.kind === 'prometheus') return { ...question, query: plain(question.query) };
  return { ...question, url: filled(question.url, encodeURIComponent), body: question.body === null ? null : plain(question.body) };
}
