/** A key that says two things, or that JavaScript takes for something else than a key. Not seen by JSON.parse, which keeps the last one. */
export interface BadKey { readonly key: string; readonly why: 'twice' | 'reserved' }

/** In JSON that parses; one pass, and a set for each object that is open. Keys are compared as they read, not as they are escaped. */
export function badKeyIn(json: string): BadKey | null {
  const open: (Set<string> | null)[] = [];
  for (let i = 0; i < json.length; i += 1) {
    const sign = json[i];
    if (sign === '{') open.push(new Set());
    else if (sign === '[') open.push(null);
    else if (sign === '}' || sign === ']') open.pop();
    else if (sign === '"') {
      const end = endOfText(json, i);
      const keys = open.at(-1);
      if (keys !== null && keys !== undefined && isKey(json, end + 1)) {
        const key = JSON.parse(json.slice(i, end + 1)) as string;
        if (key === '__proto__') return { key, why: 'reserved' };
        if (keys.has(key)) return { key, why: 'twice' };
        keys.add(key);
      }
      i = end;
    }
  }
  return null;
}

/** Where the closing quote is. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

function isKey(json: string, from: number): boolean {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at += 1;
  return json[at] === ':';
}
