const RAW = Symbol('html');

/** Text that is HTML already; made by `html` alone. */
export interface Html { readonly [RAW]: string }
export type Piece = Html | string | number | null | readonly Piece[];

/** A template whose values are escaped, except those that `html` made. null is nothing, lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return { [RAW]: strings.map((text, i) => `${text}${i < values.length ? render(values[i] ?? null) : ''}`).join('') };
}

export function textOf(of: Html): string { return of[RAW]; }

/** For our own constants, such as the style sheet; never for what came from outside. */
export function trusted(text: string): Html { return { [RAW]: text }; }

function render(piece: Piece): string {
  if (piece === null) return '';
  if (isList(piece)) return piece.map(render).join('');
  return typeof piece === 'object' ? piece[RAW] : escaped(String(piece));
}
function isList(piece: Piece): piece is readonly Piece[] { return Array.isArray(piece); }

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export function escaped(text: string): string { return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? ''); }

/** Only http and https addresses become links; anything else would run in the reader's browser. */
export function link(address: string | null, label: string): Html | null {
  return address !== null && /^https?:\/\//.test(address) ? html`<a href="${address}" rel="noreferrer">${label}</a>` : null;
}
