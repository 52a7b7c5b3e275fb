import { html, textOf, trusted, type Html } from './html.ts';
import { STYLE } from './style.ts';

const REFRESH_SECONDS = 5;

/** A whole page. No script: the browser asks again every few seconds. */
export function page(title: string, content: Html, options: { readonly refresh: boolean } = { refresh: true }): string {
  return `<!doctype html>\n${textOf(html`<html lang="en"><head><meta charset="utf-8"><title>${title} · lastmile</title>
<meta name="viewport" content="width=device-width,initial-scale=1">${options.refresh ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : null}
<style>${trusted(STYLE)}</style></head><body><main>${content}</main></body></html>`)}\n`;
}

export function top(right: Html | string | null): Html {
  return html`<nav class="top"><a href="/">lastmile</a><span class="right">${right}</span></nav>`;
}

/** A page that says what is wrong. */
export function errorPage(title: string, text: string): string {
  return page(title, html`${top(null)}<h1>${title}</h1><p class="sentence">${text}</p>`, { refresh: false });
}
