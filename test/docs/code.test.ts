import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Printed, runPage } from "./page-run.js";
import { blocksOf, pagesOf } from "./snippets.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = pagesOf(root).filter((page) => blocksOf(readFileSync(page, "utf8")).some(({ runs }) => runs));
const names = pages.map((page) => relative(root, page));

/** What comments behind `console.log` say is printed, by line. */
function saidOn(page: string): Printed[] {
  const blocks = blocksOf(readFileSync(page, "utf8")).filter(({ runs }) => runs);
  const lines = blocks.flatMap(({ lines }) => Array.from(lines, (text = "", index) => ({ line: index + 1, text })));
  return lines.flatMap(({ line, text }) => {
    const said = /console\.log\(.*\/\/ (.+)$/.exec(text)?.[1];
    return said === undefined ? [] : [{ line, text: said }];
  });
}

const bare = (text: string): string => text.replace(/["'`\s]/g, "");

/** Whether a comment says what was printed: word for word, up to a colon; `...` stands for anything. */
function fits(said: string, printed: string): boolean {
  const [all, found] = [bare(said), bare(printed)];
  const ends = Array.from(all.matchAll(/:|$/g), ({ index }) => index);
  return ends.some((end) => patternOf(all.slice(0, end)).test(found));
}

function patternOf(text: string): RegExp {
  const parts = text.split("...").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}

const GUIDES = ["task-board", "checkpoints", "durability", "guarantees", "resume", "versions", "stores", "retention"];

describe("the guides", () => {
  it("each have code that runs", () => {
    expect(GUIDES.filter((guide) => !names.includes(`docs/${guide}.md`))).toEqual([]);
  });
});

describe.concurrent("the code of", () => {
  it.each(names)("%s runs, and prints what its comments say", { timeout: 90_000 }, async (name) => {
    const page = pages[names.indexOf(name)] as string;
    const { exitCode, errors, blocks, printed } = await runPage(page);
    expect({ exitCode, errors: exitCode === 0 ? "" : errors }).toEqual({ exitCode: 0, errors: "" });
    expect(blocks).toBeGreaterThan(0);
    const wrong = saidOn(page).flatMap(({ line, text }) => {
      const found = printed.filter((one) => one.line === line).map((one) => one.text);
      return found.some((one) => fits(text, one)) ? [] : [{ line, said: text, found }];
    });
    expect(wrong).toEqual([]);
  });
});
