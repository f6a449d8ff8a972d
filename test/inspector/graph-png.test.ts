import { InvalidOptionError, MissingPackageError } from "cairnflow";
import { describe, expect, it } from "vitest";
import { painted } from "../../src/inspector/graph-png.js";
import { graphPng, graphSvg, metricsSvg, timelineSvg } from "../../src/inspector/index.js";
import { training } from "./graphs.js";

const SIGNATURE = "89504e470d0a1a0a";

/** Width and height as the head of a PNG says. */
const sizeOf = (png: Uint8Array): readonly [number, number] => [Buffer.from(png).readUInt32BE(16), Buffer.from(png).readUInt32BE(20)];

describe("a PNG", () => {
  it("is painted of a picture, in its size times the scale", async () => {
    const svg = graphSvg(training());
    const width = Number(/ width="(\d+)"/.exec(svg)?.[1]);
    const png = await graphPng(svg);
    expect(Buffer.from(png.subarray(0, 8)).toString("hex")).toBe(SIGNATURE);
    expect(sizeOf(png)[0]).toBe(2 * width);
    expect(sizeOf(await graphPng(svg, { scale: 0.5 }))[0]).toBe(Math.floor(width / 2));
  });

  it("has something on it", async () => {
    const empty = metricsSvg([]);
    const [drawn, blank] = [await graphPng(graphSvg(training())), await graphPng(empty)];
    expect(drawn.length).toBeGreaterThan(5 * blank.length);
  });

  it("gets no longer side than 8,192 pixels", async () => {
    const bars = Array.from({ length: 120 }, (_, i) => ({
      taskId: `t${i}`,
      cycle: 1,
      attempt: 1,
      startMs: i,
      endMs: i + 1,
      outcome: "completed" as const,
    }));
    const tall = timelineSvg({ startMs: 0, endMs: 120, bars, marks: [], omitted: 0 });
    const [width, height] = sizeOf(await graphPng(tall, { scale: 8 }));
    expect(Math.max(width, height)).toBeLessThanOrEqual(8_192);
    expect(Math.max(width, height)).toBeGreaterThan(8_100);
  });

  it("is not painted of other texts, which might name files of this machine", async () => {
    const other = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/hostname"/></svg>';
    for (const bad of [other, "", null, 1]) await expect(graphPng(bad as never)).rejects.toThrow(InvalidOptionError);
  });

  it("refuses a scale that is none, and options it does not know", async () => {
    const svg = metricsSvg([]);
    for (const bad of [{ scale: 0 }, { scale: 9 }, { scale: "2" }, { scale: Number.NaN }, { size: 1 }])
      await expect(graphPng(svg, bad as never)).rejects.toThrow(InvalidOptionError);
  });

  it("says what to install when the package is missing", async () => {
    const cause = new Error("Cannot find package");
    const error = await painted(metricsSvg([]), {}, () => Promise.reject(cause)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MissingPackageError);
    expect(error).toMatchObject({ cause, message: expect.stringContaining("npm install @resvg/resvg-js") });
  });
});
