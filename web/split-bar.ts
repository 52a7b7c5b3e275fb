import { formatShare, WHOLE } from '../domain/share.ts';
import type { Route } from '../domain/traffic/route.ts';
import { html, type Html } from './html.ts';

interface Part { readonly kind: 'champion' | 'challenger' | 'nobody'; readonly label: string; readonly per10k: number }

/** Who answers callers, as a bar and in words; shadows are named beside it, since they answer nobody. */
export function splitBar(route: Route): Html {
  const parts = partsOf(route);
  const words = parts.map(({ kind, label, per10k }) => `${label} ${kind === 'nobody' ? '' : `(${kind}) `}${formatShare(per10k)}`).join(', ');
  return html`<svg viewBox="0 0 1000 34" role="img" aria-label="Traffic: ${words}" preserveAspectRatio="none">${bars(parts)}</svg>
<ul class="key">${parts.map(({ kind, label, per10k }) => html`<li><span class="dot ${kind}"></span>${label} <strong>${formatShare(per10k)}</strong> ${kind === 'nobody' ? null : kind}</li>`)}${shadows(route)}</ul>`;
}

function partsOf(route: Route): readonly Part[] {
  const challengers = route.shares.filter(({ sharePer10k }) => sharePer10k > 0)
    .map(({ variantId, sharePer10k }): Part => ({ kind: 'challenger', label: nameOf(route, variantId), per10k: sharePer10k }));
  const rest = WHOLE - challengers.reduce((sum, { per10k }) => sum + per10k, 0);
  const champion: Part = route.champion === null ? { kind: 'nobody', label: 'nobody answers', per10k: rest } : { kind: 'champion', label: nameOf(route, route.champion), per10k: rest };
  return [champion, ...challengers];
}

function nameOf({ variants }: Route, variantId: string): string { return variants[variantId]?.version ?? variantId; }

function bars(parts: readonly Part[]): readonly Html[] {
  let x = 0;
  return parts.map(({ kind, per10k }) => {
    const width = (per10k / WHOLE) * 1_000;
    const bar = html`<rect class="${kind}" x="${x}" y="0" width="${Math.max(0, width - (x + width < 1_000 ? 3 : 0))}" height="34" rx="6"/>`;
    x += width;
    return bar;
  });
}

function shadows(route: Route): readonly Html[] {
  return route.shadows.map(({ variantId, samplePer10k }) => html`<li><span class="dot shadow"></span>${nameOf(route, variantId)} <strong>${formatShare(samplePer10k)}</strong> copied in shadow</li>`);
}
