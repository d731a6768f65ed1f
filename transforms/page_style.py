"""How do pages look: on a screen, light and dark, on a telephone, and on paper?"""

CSS = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #4A4A4A; --paper: #fff; --panel: #F3F5F7; --line: #D3D3D3;
  --link: #144F7C; --warn: #7A4B00; --warn-paper: #FFF3D6; }
body { font-family: "Segoe UI", "Liberation Sans", Arial, sans-serif; color: var(--ink); background: var(--paper);
  margin: 0; line-height: 1.5; }
main { max-width: 68rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h1, h2, h3, p, li, dd, blockquote { overflow-wrap: break-word; }
p, li { max-width: 46rem; }
a { color: var(--link); }
.outcome { font-size: 1.25rem; font-weight: 600; }
.bullets li { margin-bottom: .35rem; }
.banner { background: var(--warn-paper); border-left: 6px solid var(--warn); padding: .75rem 1rem; margin: 1rem 0;
  max-width: 46rem; }
.banner p { margin: 0; } .banner ul { margin: .5rem 0 0; }
.contents { border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); margin: 1.5rem 0; }
.contents ul { list-style: none; padding: 0; margin: .5rem 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
.contents a { display: inline-block; padding: .15rem 0; }
.basis { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; background: var(--panel);
  padding: 1rem; margin: 0; }
.basis dt { font-weight: 600; } .basis dd { margin: 0; overflow-wrap: anywhere; }
.small { color: var(--soft); font-size: .9rem; }
blockquote { margin: 0; padding: .25rem 1.25rem; border-left: 6px solid var(--line); max-width: 46rem; }
figure { margin: .5rem 0 1.5rem; max-width: 31rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0 2rem;
  align-items: start; }
main .gt_table { width: 100% !important; max-width: 46rem; margin-left: 0 !important; margin-right: 0 !important; }
main #status .gt_table, main #deliveries .gt_table { max-width: none; }
main .gt_table .gt_row { font-variant-numeric: tabular-nums; }
main .gt_table th.gt_stub { overflow-wrap: anywhere; }
main .gt_table .gt_col_heading { vertical-align: bottom; }
#status th.gt_col_heading { max-width: 7rem; } #status .gt_row { white-space: nowrap; }
#status td.gt_row:nth-of-type(1), #status th.gt_stub { white-space: normal; }
main .gt_table td svg { display: block; margin: 0 auto; height: 1.75em !important; }
#deliveries td:last-child { min-width: 16rem; } #deliveries th.gt_stub { min-width: 9rem; }
"""
NARROW = """
@media screen and (max-width: 44rem) {
  .basis { grid-template-columns: 1fr; } .basis dd { margin-bottom: .5rem; }
  main .gt_table { max-width: none; } figure { margin: .5rem -.75rem 1.5rem; }
  .gt_table, .gt_table tbody, .gt_table tfoot, .gt_table th, .gt_table td { display: block;
    text-align: left !important; width: auto !important; overflow-wrap: anywhere; white-space: normal !important; }
  .gt_table thead { display: none !important; }
  .gt_table tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; border-bottom: 1px solid var(--line);
    padding: .4rem 0; }
  .gt_table tr.gt_group_heading_row, .gt_table tfoot tr { display: block; padding: 0; }
  main .gt_table th.gt_stub { grid-column: 1 / -1; font-weight: 600 !important; border: 0 !important;
    padding: .25rem !important; margin: 0 !important; }
  main .gt_table td.gt_row { border: 0 !important; padding: .2rem .25rem !important;
    margin: 0 !important; }
  main .gt_table td.gt_row::before { display: block; font-size: .85rem; font-weight: 400; color: var(--soft); }
  main .gt_table td.gt_row[style]::before { color: inherit; }
  #status td.gt_row:nth-of-type(1), #deliveries td.gt_row:last-child { grid-column: 1 / -1; }
  main .gt_table td svg { margin: 0; }
}
"""
DARK = """
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #ECEEF0; --soft: #BFC5CA; --paper: #15181B; --panel: #22272B; --line: #4A5157; --link: #8EC5F2;
    --warn: #F0B64E; --warn-paper: #3A2C10; }
  main .gt_table, main .gt_table *:not([style]):not(svg):not(svg *) { color: var(--ink) !important;
    border-color: var(--line) !important; background-color: var(--paper) !important; }
  main .gt_table td[style] { border-color: var(--line) !important; }
  main .gt_table .gt_group_heading { background-color: var(--panel) !important; }
  main .gt_table td.gt_row:not([style])::before { color: var(--soft); }
  main .gt_table td svg path { stroke: #6FB3EC; } main .gt_table td svg circle { fill: #6FB3EC; stroke: #15181B; }
  figure { background: #fff; padding: .5rem; border-radius: .25rem; box-sizing: border-box; }
}
"""
PRINT = """
@page { size: A4; margin: 15mm 14mm; }
@media print {
  :root { color-scheme: light; }
  html { font-size: 10.5pt; } body { line-height: 1.4; } main { max-width: none; padding: 0; }
  p, li, .banner, blockquote, main .gt_table { max-width: none; }
  a { color: inherit; } .contents { display: none; }
  h1, h2, h3 { break-after: avoid; } tr, figure, li, .basis dd, .banner { break-inside: avoid; }
  .gt_group_heading_row { break-after: avoid; }
  blockquote { break-inside: avoid; } #dagsorden + p { break-after: avoid; }
  thead { display: table-header-group; } main .gt_table td svg { height: 1.3em !important; }
  main .gt_table { font-size: 9.5pt !important; } main .gt_table .gt_row { padding: 3px 4px !important; }
  main #status .gt_table { font-size: 8.5pt !important; } #status .gt_row, #status th { white-space: normal; }
  figure { max-width: 12.5cm; } .figures { grid-template-columns: 1fr 1fr; gap: 0 1cm; }
  .basis, .gt_table td, .banner { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
PAGE_CSS = CSS + NARROW + DARK + PRINT
