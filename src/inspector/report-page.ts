import { type Child, contentOf, Markup, tag } from "./markup.js";

/** One part of a report. */
export interface Section {
  readonly title: string;
  readonly content: Child;
  /** Folded until somebody opens it. */
  readonly folded?: boolean;
}

/** Nothing is loaded, run or sent, whatever stands in the page. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `
:root{color-scheme:light dark}
body{margin:0;font:14px/1.45 system-ui,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif;color:#1b1f24;background:#ffffff}
main{max-width:1080px;margin:0 auto;padding:16px}
h1{font-size:22px;margin:8px 0 4px;overflow-wrap:anywhere}
nav{margin:8px 0 16px;display:flex;flex-wrap:wrap;gap:4px 16px}
a{color:#0060a0}
details{border:1px solid #d0d7de;border-radius:8px;margin:0 0 14px;padding:0 14px}
details[open]{padding-bottom:14px}
summary{font-size:16px;font-weight:600;padding:10px 0;cursor:pointer}
.scroll{overflow-x:auto;max-width:100%}
.scroll svg{display:block}
table{border-collapse:collapse;font-size:13px}
th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid #d8dee4;max-width:420px;overflow-wrap:break-word}
th{white-space:nowrap;font-weight:600}
td{min-width:36px}
.number{text-align:right;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:8px 20px;margin:0}
dt{color:#57606a;font-size:12px}
dd{margin:0;overflow-wrap:anywhere}
code{font:12px/1.4 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.note{color:#57606a}
ul{margin:0;padding-left:20px;overflow-wrap:anywhere}
li div{color:#57606a}
@media (prefers-color-scheme:dark){
body{color:#e6e9ee;background:#15181d}a{color:#6cbcf5}details{border-color:#3a434d}th,td{border-color:#2d343c}
dt,.note,li div{color:#a3adb9}}
@media print{details{break-inside:avoid}}
`;

/** A whole HTML page that needs nothing but itself. */
export function reportPage(title: string, sections: readonly Section[]): string {
  const head = [
    new Markup('<meta charset="utf-8">'),
    new Markup(`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`),
    new Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
    new Markup('<meta name="referrer" content="no-referrer">'),
    tag("title", {}, title),
    tag("style", {}, new Markup(STYLE)),
  ];
  const links = sections.map((section, index) => tag("a", { href: `#part-${index + 1}` }, section.title));
  const body = tag("main", {}, tag("h1", {}, title), tag("nav", {}, links), sections.map(drawnSection));
  const page = tag("html", { lang: "en" }, "\n", tag("head", {}, head), "\n", tag("body", {}, body), "\n");
  return `<!doctype html>\n${contentOf(page)}\n`;
}

const drawnSection = ({ title, content, folded = false }: Section, index: number): Markup =>
  tag("details", { id: `part-${index + 1}`, open: folded ? null : "" }, tag("summary", {}, title), content);
