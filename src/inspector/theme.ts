import { type Child, Markup, tag } from "./markup.js";

export const FONT_SIZE = 13;
export const SMALL_SIZE = 11;

/** Colours are written out for both schemes: makers of PNGs know neither variables nor the scheme, and take the first. */
const STYLE = `
.cf{font-family:system-ui,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif;font-size:${FONT_SIZE}px;fill:#1b1f24}
.cf-bg{fill:#ffffff}.cf-l{font-size:12px}.cf-s{font-size:${SMALL_SIZE}px}.cf-m{fill:#57606a}.cf-b{font-weight:600}
.cf-end{text-anchor:end}.cf-mid{text-anchor:middle}
.cf-line{fill:none;stroke:#6e7781;stroke-width:1.5}.cf-tip{fill:#6e7781;stroke:none}
.cf-back{stroke:#8250a8;stroke-dasharray:5 4}.cf-backtip{fill:#8250a8}.cf-mark{fill:#57606a;stroke:none}
.cf-group{fill:#f3f5f8;stroke:#aab4bf;stroke-width:1}.cf-deep{fill:#e9edf2}
.cf-grid{stroke:#d8dee4;stroke-width:1}.cf-stripe{fill:#f6f8fa}.cf-axis{stroke:#8c959f;stroke-width:1}
.cf-box{fill:#ffffff;stroke:#aab4bf;stroke-width:1.2}
.cf-completed{fill:#e2f4ec;stroke:#00744f;stroke-width:1.5}
.cf-running{fill:#dcecfa;stroke:#0060a0;stroke-width:2.5}
.cf-waiting{fill:#fdf0d3;stroke:#8a5d00;stroke-width:1.5;stroke-dasharray:2 3}
.cf-pending{fill:#ffffff;stroke:#57606a;stroke-width:1.5;stroke-dasharray:6 3}
.cf-failed{fill:#fce4d8;stroke:#b03a00;stroke-width:2.5}
.cf-unfinished{fill:#eceff2;stroke:#57606a;stroke-width:1;stroke-dasharray:2 2}
.cf-icon{fill:none;stroke-width:2;stroke-dasharray:none}.cf-thin{stroke-width:.8;stroke-dasharray:none}.cf-faint{stroke-opacity:.5}
.cf-curve{fill:none;stroke:#0060a0;stroke-width:1.8}.cf-dot{fill:#0060a0;stroke:none}.cf-odd{fill:none;stroke:#b03a00;stroke-width:1.6}
.cf-lane0{stroke:#0060a0}.cf-lane1{stroke:#00744f}.cf-lane2{stroke:#8250a8}.cf-lane3{stroke:#8a5d00}
.cf-rail{fill:none;stroke-width:2}.cf-gap{stroke-dasharray:2 4}.cf-point{fill:#ffffff;stroke-width:2}
@media (prefers-color-scheme:dark){
.cf{fill:#e6e9ee}.cf-bg{fill:#15181d}.cf-m{fill:#a3adb9}
.cf-line{stroke:#8b96a3}.cf-tip{fill:#8b96a3}.cf-back{stroke:#c29be6}.cf-backtip{fill:#c29be6}.cf-mark{fill:#a3adb9}
.cf-group{fill:#1d2229;stroke:#4a545f}.cf-deep{fill:#262c35}
.cf-grid{stroke:#2d343c}.cf-stripe{fill:#1b1f25}.cf-axis{stroke:#6b7683}
.cf-box{fill:#15181d;stroke:#4a545f}
.cf-completed{fill:#12362a;stroke:#45cf9c}.cf-running{fill:#0f304c;stroke:#6cbcf5}
.cf-waiting{fill:#3b2e0e;stroke:#eebc4e}.cf-pending{fill:#15181d;stroke:#a3adb9}
.cf-failed{fill:#46210f;stroke:#ff9460}.cf-unfinished{fill:#262c35;stroke:#a3adb9}
.cf-icon{fill:none}
.cf-curve{stroke:#6cbcf5}.cf-dot{fill:#6cbcf5}.cf-odd{stroke:#ff9460}
.cf-lane0{stroke:#6cbcf5}.cf-lane1{stroke:#45cf9c}.cf-lane2{stroke:#c29be6}.cf-lane3{stroke:#eebc4e}.cf-point{fill:#15181d}
}`;

/** A whole SVG document with its style; `name` is read to those who do not see it. */
export function picture(width: number, height: number, name: string, ...content: readonly Child[]): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return tag(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width: w, height: h, viewBox: `0 0 ${w} ${h}`, class: "cf", role: "img", "aria-label": name },
    tag("title", {}, name),
    tag("style", {}, new Markup(STYLE)),
    tag("rect", { class: "cf-bg", width: w, height: h }),
    content,
  ).text;
}

/** A line of text; `classes` are those of the style. */
export const textAt = (x: number, y: number, text: string, classes = ""): Markup =>
  tag("text", { x, y, class: classes === "" ? null : classes }, text);
