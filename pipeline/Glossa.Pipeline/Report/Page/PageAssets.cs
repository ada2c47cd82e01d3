using System.Security.Cryptography;
using System.Text;

namespace Glossa.Pipeline.Report.Page;

/// <summary>The style sheet and the script of report.html, which stand inside the page.</summary>
internal static class PageAssets
{
    /// <summary>The colours, light and dark.</summary>
    public static Asset Palette { get; } = new("""
        :root {
          color-scheme: light dark;
          --paper: #ffffff; --panel: #f5f6f8; --ink: #171a1f; --soft: #5a6371; --rule: #dde1e7;
          --p1: #c2500a; --p2: #2b6cb8; --p3: #2e7d4f; --p4: #7a4fb0; --worse: #b3261e; --good: #1f7a44; --lzma: #171a1f;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #13161b; --panel: #1c2128; --ink: #e8ebef; --soft: #9ba5b3; --rule: #2f3640;
            --p1: #ff9f5a; --p2: #6fadf2; --p3: #6cc48f; --p4: #b493e6; --worse: #ff7d72; --good: #6cc48f; --lzma: #ffffff;
          }
        }
        """);

    /// <summary>The rules of charts, over the palette.</summary>
    public static Asset Charts { get; } = new("""
        svg text { fill: var(--soft); } svg .end { text-anchor: end; } svg .mid { text-anchor: middle; } svg .name { font-size: 12.5px; }
        svg .note { fill: var(--ink); font-size: 11.5px; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
        svg .label { font-weight: 600; fill: var(--tone); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
        .axes line { stroke: var(--rule); stroke-width: 1; } .axes .base { stroke: var(--soft); } .boundary { stroke: var(--soft); stroke-dasharray: 4 4; }
        .p1 { --tone: var(--p1); } .p2 { --tone: var(--p2); } .p3 { --tone: var(--p3); } .p4 { --tone: var(--p4); }
        .curve { fill: none; stroke: var(--tone); stroke-width: 1.8; stroke-linejoin: round; } .spread { fill: var(--tone); opacity: .18; }
        .dot { fill: var(--tone); fill-opacity: .5; stroke: var(--tone); stroke-opacity: .9; stroke-width: .8; } .dot:hover { fill-opacity: 1; stroke: var(--ink); stroke-width: 1.5; }
        """);

    /// <summary>The style sheet of the page.</summary>
    public static Asset Style { get; } = new(Palette.Content + "\n" + """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        main { max-width: 1164px; margin: 0 auto; padding: 28px 32px 64px; }
        header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; }
        h1 { font-size: 26px; line-height: 1.2; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 19px; margin: 44px 0 10px; padding-top: 14px; border-top: 1px solid var(--rule); letter-spacing: -.005em; }
        h3 { font-size: 15px; margin: 22px 0 4px; }
        p { margin: 6px 0 10px; max-width: 96ch; }
        .soft, figcaption, caption { color: var(--soft); }
        nav { margin: 8px 0 20px; font-size: 14px; display: flex; flex-wrap: wrap; gap: 2px 18px; }
        a { color: var(--p2); text-decoration: none; } a:hover { text-decoration: underline; }
        code { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
        .headline { background: var(--panel); border-radius: 10px; padding: 22px 26px; display: grid; grid-template-columns: auto auto 1fr; gap: 8px 44px; align-items: center; }
        .figure { white-space: nowrap; } .figure b { display: block; font-size: 44px; line-height: 1.1; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
        .figure span { color: var(--soft); font-size: 14px; } .figure.lower b { color: var(--good); }
        .verdict { font-size: 17px; margin: 0; } .verdict + p { margin: 4px 0 0; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(164px, 1fr)); gap: 14px 18px; margin: 20px 0; }
        .facts div { border-left: 2px solid var(--rule); padding-left: 10px; min-width: 0; } .facts dt { color: var(--soft); font-size: 13px; }
        .facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
        .scroll { overflow-x: auto; } .scroll.tall { max-height: 640px; overflow-y: auto; border-bottom: 1px solid var(--rule); }
        table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
        th { font-weight: 600; color: var(--soft); white-space: nowrap; } tfoot td { font-weight: 600; border-bottom: 0; }
        th.n, td.n { text-align: right; white-space: nowrap; padding-right: 18px; } td.w { overflow-wrap: anywhere; min-width: 9em; }
        .tall thead th { position: sticky; top: 0; background: var(--paper); box-shadow: inset 0 -1px var(--rule); border-bottom: 0; }
        th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; } th button:hover { color: var(--ink); }
        th[aria-sort=ascending] button::after { content: " \2191"; } th[aria-sort=descending] button::after { content: " \2193"; }
        input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 5px 10px; width: 300px; max-width: 100%; margin: 4px 0 8px; }
        .up { color: var(--worse); } .down { color: var(--good); }
        figure { margin: 14px 0 22px; } figcaption { font-size: 13.5px; max-width: 140ch; margin-top: 2px; min-height: 1.5em; }
        .wide { overflow-x: auto; } .wide svg { min-width: 820px; }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 24px; } .trio { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 0 20px; }
        .pair figure, .trio figure { min-width: 0; }
        svg { display: block; width: 100%; height: auto; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        .bar, .timing { fill: var(--tone); } .before { fill: var(--tone); opacity: .28; } .worse { fill: var(--worse); } .lzma { fill: var(--lzma); }
        .area { fill: transparent; } .hit:hover .area { fill: var(--soft); opacity: .3; }
        .mean { fill: var(--tone, var(--p2)); stroke: var(--paper); stroke-width: .8; } svg rect.lzma { stroke: var(--paper); stroke-width: .5; } .hit rect.lzma { stroke: none; }
        .key { display: inline-block; width: 10px; height: 10px; border-radius: 2px; background: var(--tone); margin: 0 4px 0 10px; } .key:first-child { margin-left: 0; }
        .key.pale { opacity: .3; } .key.bad { background: var(--worse); } .key.mark { background: var(--lzma); height: 3px; vertical-align: middle; } .key.upright { width: 3px; height: 12px; background: var(--lzma); vertical-align: -1px; }
        .key.middle { width: 3px; height: 12px; background: var(--p2); vertical-align: -1px; }
        .meter { display: inline-block; vertical-align: middle; height: 9px; border-radius: 2px; background: var(--p2); min-width: 1px; } .meter.old { opacity: .35; }
        @media (max-width: 860px) { main { padding: 20px 16px 48px; } .headline, .pair, .trio { grid-template-columns: 1fr; } }
        @media print { .scroll.tall { max-height: none; overflow: visible; } nav, input { display: none; } }
        """ + "\n" + Charts.Content);

    /// <summary>The script: sorts and filters the table of languages, and shows what the pointer is on below the charts. The page is whole without it.</summary>
    public static Asset Script { get; } = new("""
        (() => {
          "use strict";
          const table = document.getElementById("all");
          if (table) {
            const body = table.tBodies[0], number = text => parseFloat(text.replace(/[,+ ]/g, "").replace("\u2212", "-"));
            [...table.tHead.rows[0].cells].forEach((head, column) => {
              const button = document.createElement("button"), numeric = head.className === "n";
              button.textContent = head.textContent;
              head.textContent = "";
              head.append(button);
              button.onclick = () => {
                const down = head.getAttribute("aria-sort") === "ascending";
                [...head.parentNode.cells].forEach(cell => cell.removeAttribute("aria-sort"));
                head.setAttribute("aria-sort", down ? "descending" : "ascending");
                const key = row => { const text = row.cells[column].textContent; return numeric ? number(text) : text; };
                const before = (a, b) => numeric ? (isNaN(a) - isNaN(b)) * (down ? -1 : 1) || a - b || 0 : a.localeCompare(b);
                body.append(...[...body.rows].map(row => [key(row), row]).sort((a, b) => before(a[0], b[0]) * (down ? -1 : 1)).map(pair => pair[1]));
              };
            });
            const filter = document.createElement("input");
            filter.type = "search";
            filter.placeholder = "Filter: name, tag, script, family";
            filter.setAttribute("aria-label", filter.placeholder);
            filter.oninput = () => {
              const wanted = filter.value.trim().toLowerCase();
              for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
            };
            table.parentNode.before(filter);
          }
          for (const figure of document.querySelectorAll("figure[data-read]")) {
            const caption = figure.querySelector("figcaption"), whole = [...caption.childNodes];
            figure.addEventListener("pointerover", event => {
              const title = event.target.closest("g.hit, circle")?.querySelector("title");
              if (title) caption.replaceChildren(title.textContent); else caption.replaceChildren(...whole);
            });
            figure.addEventListener("pointerleave", () => caption.replaceChildren(...whole));
          }
        })();
        """);

    /// <summary>
    /// What the page may load: nothing from anywhere, no script but the one inside it. So no data could run or call
    /// home even if it slipped through the escaping.
    /// </summary>
    public static string ContentPolicy { get; } =
        $"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Script.Content)))}'; base-uri 'none'; form-action 'none'";
}
