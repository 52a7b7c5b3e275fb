/** Texts, which stay, and the numbers that some servers write though JSON has none. */
const TEXT_OR_NON_FINITE = /"(?:[^"\\]|\\.)*"|[-+]?\b(?:NaN|Infinity)\b/g;

/**
 * Parses an answer. Servers that write NaN or Infinity as bare words get null in their place, which every reader takes as non-finite.
 * Undefined when it is no JSON; never throws.
 */
export function parseAnswerJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseWithoutNonFinite(text);
  }
}

function parseWithoutNonFinite(text: string): unknown {
  if (!text.includes('NaN') && !text.includes('Infinity')) return undefined;
  try {
    return JSON.parse(text.replace(TEXT_OR_NON_FINITE, (match) => (match.startsWith('"') ? match : 'null')));
  } catch {
    return undefined;
  }
}
