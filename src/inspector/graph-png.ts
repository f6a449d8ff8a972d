import { checkedOptions, optionError } from "../authoring/option-checks.js";
import { MissingPackageError } from "../core/errors.js";

export interface GraphPngOptions {
  /** Pixels of the PNG for each of the SVG, from above 0 to 8; 2 unless given. */
  readonly scale?: number;
}

/** Neither side gets longer: a picture of so many pixels takes some hundred megabytes to make. */
const LONGEST_SIDE = 8_192;

/** The calls made of `@resvg/resvg-js`. */
export interface SvgPainter {
  readonly Resvg: new (
    svg: string,
    options: { readonly fitTo: { readonly mode: "width"; readonly value: number }; readonly font: { readonly loadSystemFonts: boolean } },
  ) => { render(): { asPng(): Uint8Array } };
}

/**
 * A PNG of a picture that this module has made, in its light colours; a large one is made smaller, to at most 8,192 pixels a side.
 * Needs the package `@resvg/resvg-js`. Throws `MissingPackageError`, `InvalidOptionError`.
 *
 * ```ts
 * await writeFile("order.png", await graphPng(graphSvg(Order)));
 * ```
 */
export function graphPng(svg: string, options: GraphPngOptions = {}): Promise<Uint8Array> {
  return painted(svg, options, () => import("@resvg/resvg-js"));
}

/** `load` gives the package. */
export async function painted(svg: string, options: GraphPngOptions, load: () => Promise<SvgPainter>): Promise<Uint8Array> {
  const { scale = 2 } = checkedOptions<GraphPngOptions>(options, ["scale"], "graphPng");
  if (!(typeof scale === "number" && scale > 0 && scale <= 8))
    throw optionError("option scale of graphPng", scale, "a number above 0 and up to 8");
  const { width, height } = sizeOf(svg);
  const { Resvg } = await loaded(load);
  const factor = Math.min(scale, LONGEST_SIDE / width, LONGEST_SIDE / height);
  const value = Math.max(1, Math.floor(width * factor));
  return new Resvg(svg, { fitTo: { mode: "width", value }, font: { loadSystemFonts: true } }).render().asPng();
}

/** Pictures of this module begin with their size; others might name files of this machine. */
function sizeOf(svg: unknown): { readonly width: number; readonly height: number } {
  const found = typeof svg === "string" ? /^<svg xmlns="[^"]*" width="(\d+)" height="(\d+)" [^>]* class="cf"/.exec(svg) : null;
  if (found === null)
    throw optionError("the picture for graphPng", svg, "an SVG that graphSvg, timelineSvg, metricsSvg or checkpointTreeSvg gave");
  return { width: Number(found[1]), height: Number(found[2]) };
}

async function loaded(load: () => Promise<SvgPainter>): Promise<SvgPainter> {
  try {
    return await load();
  } catch (cause) {
    throw new MissingPackageError(
      'the package "@resvg/resvg-js" cannot be loaded, which paints a PNG: expected version 2.6 or newer to be installed; run `npm install @resvg/resvg-js`.',
      { cause },
    );
  }
}
