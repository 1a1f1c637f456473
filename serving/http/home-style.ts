/** Style of the landing page: the system's fonts and the reader's choice of light or dark. */
export const HOME_STYLE = `:root {
  color-scheme: light dark;
  --line: light-dark(#d5d9de, #3a3f47);
  --soft: light-dark(#5b6470, #a2abb7);
  --accent: light-dark(#0b62a8, #6db7f2);
  --wrong: light-dark(#a8200b, #ff9c8a);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }
h3 { margin: 1rem 0 .25rem; font-size: 1rem; }
header p, #query-note, #status-note { margin: .25rem 0; color: var(--soft); }
a { color: var(--accent); }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
[hidden] { display: none !important; }
input { flex: 1 1 18rem; min-width: 0; padding: .5rem; font: 15px ui-monospace, monospace; border: 1px solid var(--line); border-radius: 4px; }
button { padding: .5rem .9rem; font: inherit; border: 1px solid var(--accent); border-radius: 4px; background: var(--accent); color: Canvas; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
svg { display: block; width: 100%; margin-top: .75rem; border: 1px solid var(--line); border-radius: 4px; }
svg[hidden] { display: none; }
svg path { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .tide { stroke: var(--soft); stroke-dasharray: 4 4; }
#legend { margin: .5rem 0; padding: 0; list-style: none; font: 13px/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
#legend svg { display: inline-block; width: 12px; height: 12px; margin: 0 .4rem 0 0; border: 0; vertical-align: -1px; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .5rem 1rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .2rem 1rem .2rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
.wrong { color: var(--wrong) !important; }
`
