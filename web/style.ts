/** The one style sheet: system font, one accent, light and dark by the reader's choice. The API puts its hash into the Content-Security-Policy. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1b1d21;--soft:#646a73;--line:#e3e4e8;--accent:#0f6e62;--tint:#d9ece8;--bad:#b3261e;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--bg:#131518;--card:#1b1e22;--ink:#eceef0;--soft:#9aa2ad;--line:#2d3238;--accent:#56c7b4;--tint:#1f3f3a;--bad:#ff8a80;--warn:#e3b341}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;-webkit-font-smoothing:antialiased}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.2em}
.top{display:flex;gap:.75rem;align-items:baseline;color:var(--soft);font-size:.9rem;border-bottom:1px solid var(--line);padding-bottom:.75rem;margin-bottom:2rem}
.top a{color:inherit;text-decoration:none;font-weight:650}.top .right{margin-left:auto}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .35rem;letter-spacing:-.02em;font-weight:680}
h2{font-size:.8rem;margin:0 0 .8rem;color:var(--soft);font-weight:640;letter-spacing:.06em;text-transform:uppercase}
.sentence{font-size:1.2rem;line-height:1.45;margin:.4rem 0 2rem;max-width:46rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.15rem 1.3rem;margin:0 0 1.1rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:1.1rem}.pair .card{margin:0}.pair{margin-bottom:1.1rem}
.badge{display:inline-block;font-size:.78rem;font-weight:640;padding:.12rem .6rem;border-radius:99px;border:1px solid var(--line);color:var(--soft);vertical-align:middle;white-space:nowrap}
.badge.good{background:var(--tint);color:var(--accent);border-color:transparent}.badge.bad{color:var(--bad);border-color:var(--bad)}.badge.warn{color:var(--warn);border-color:var(--warn)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
th{font-weight:600;text-align:left;color:var(--soft);font-size:.8rem;padding:0 .9rem .45rem 0;white-space:nowrap}
td{padding:.55rem .9rem .55rem 0;border-top:1px solid var(--line);vertical-align:middle}
td.n,th.n{text-align:right}tr.sick td:first-child{box-shadow:inset 3px 0 var(--bad);padding-left:.7rem}
.big{font-size:1.7rem;font-weight:660;letter-spacing:-.02em;font-variant-numeric:tabular-nums;margin:0}
.versions{margin:0 0 .5rem}
.soft{color:var(--soft);font-size:.9rem;margin:.2rem 0}
svg{display:block;width:100%;height:auto}
.champion{fill:var(--accent)}.challenger{fill:var(--warn)}.nobody{fill:var(--line)}
.axis{stroke:var(--soft);stroke-width:1}.limit{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:3 3}.range{fill:var(--tint)}.point{fill:var(--accent)}
.interval{width:11rem;min-width:9rem}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;list-style:none;padding:0;margin:.8rem 0 0;font-size:.93rem}
.dot{display:inline-block;width:.65rem;height:.65rem;border-radius:3px;margin-right:.45rem}.dot.champion{background:var(--accent)}.dot.challenger{background:var(--warn)}.dot.shadow{border:1.5px dashed var(--soft)}.dot.nobody{background:var(--line)}
.steps{display:flex;flex-wrap:wrap;list-style:none;padding:0;margin:0;gap:.35rem .5rem;font-size:.88rem;color:var(--soft)}
.steps li:not(:last-child)::after{content:"→";margin-left:.5rem;opacity:.5}.steps .done{color:var(--ink)}.steps .now{color:var(--accent);font-weight:660}
.story{list-style:none;padding:0;margin:0}.story li{display:grid;grid-template-columns:10.5rem 1fr;gap:.8rem;padding:.45rem 0;border-top:1px solid var(--line);font-size:.95rem}.story li:first-child{border-top:0}
.story time{color:var(--soft);font-size:.85rem;font-variant-numeric:tabular-nums;padding-top:.1rem}
ul.plain{margin:0;padding-left:1.1rem}
footer{color:var(--soft);font-size:.85rem;margin-top:2rem;display:flex;gap:1.2rem;flex-wrap:wrap}
@media(max-width:36rem){.story li{grid-template-columns:1fr;gap:0}h1{font-size:1.5rem}}
`;
