"""The style sheet of the HTML report: one column on a phone, light and dark by the reader's own setting."""

CSS = """\
:root { color-scheme: light dark;
  --ink: #1f2328; --paper: #ffffff; --card: #f6f8fa; --faint: #d1d9e0; --muted: #59636e;
  --model: #0757ba; --rule: #8a5a00; --echo: #6b5b95; --fail: #c01c28 }
@media (prefers-color-scheme: dark) { :root {
  --ink: #e6edf3; --paper: #0d1117; --card: #161b22; --faint: #30363d; --muted: #9aa4af;
  --model: #6cb0ff; --rule: #e3b341; --echo: #c4b0f0; --fail: #ff8178 } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
main, header, footer { max-width: 68rem; margin: 0 auto; padding: 0 1rem }
header { padding-top: 1.5rem }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere }
h2 { font-size: 1.2rem; margin: 0 0 .3rem }
p { margin: .3rem 0 .7rem; max-width: 44rem }
a { color: var(--model) }
section { margin: 2.2rem 0 }
.pair { display: grid; gap: 0 2.5rem }
@media (min-width: 60rem) { .pair { grid-template-columns: 1fr 1fr } }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.6rem, 1fr)); gap: .7rem;
  margin: 1.2rem 0 0; padding: 0 }
.cards div { background: var(--card); border: 1px solid var(--faint); border-radius: .5rem;
  padding: .6rem .8rem; display: flex; flex-direction: column }
.cards dt { color: var(--muted); font-size: .82rem }
.cards dd { margin: 0; font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums }
.cards dd small { display: block; font-size: .78rem; font-weight: 400; color: var(--muted) }
.note { border-left: .25rem solid var(--rule); background: var(--card); padding: .5rem .8rem }
figure { margin: .6rem 0 .3rem }
svg { display: block; width: 100%; max-width: 34rem; height: auto }
svg text { font-family: inherit !important; }
details { margin: .2rem 0 }
summary { cursor: pointer; color: var(--model); padding: .3rem 0 }
.scroll { overflow-x: auto; max-width: 100% }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--model); outline-offset: 2px }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--muted); padding: .2rem 0 }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--faint); text-align: right;
  vertical-align: top }
th[scope=row], thead th:first-child, .text { text-align: left; font-weight: 400 }
thead th { color: var(--muted); font-weight: 600 }
td { white-space: nowrap }
td small { color: var(--muted); display: block }
td.text { min-width: 16rem; white-space: normal }
@media (max-width: 30rem) { table { font-size: .85rem } th, td { padding-right: .6rem }
  td small { white-space: normal } }
.card dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .25rem 1rem; margin: .5rem 0 }
.card dt { color: var(--muted) } .card dd { margin: 0; overflow-wrap: anywhere }
footer { color: var(--muted); font-size: .85rem; padding-bottom: 2rem }
@media print { details { display: block } section { break-inside: avoid } }
"""
