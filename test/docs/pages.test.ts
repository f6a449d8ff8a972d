import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as errors from "../../src/core/errors.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const docs = join(root, "docs");
const read = (path: string): string => readFileSync(path, "utf8");
const pages = [docs, join(docs, "decisions")].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

type AnyError = new (message: string, ...rest: unknown[]) => errors.CairnError;
const codeOf = (type: AnyError): string | undefined => new type("message", [], {}).code;

/** The anchor that a heading gets on the usual hosts. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

function brokenLinks(page: string): string[] {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link as string);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    if (!existsSync(target)) return true;
    const anchors = anchor === undefined ? [] : [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading as string));
    return anchor !== undefined && !anchors.includes(anchor);
  });
}

/** Whether a file has a test of that title, in which `...` stands for anything. */
function hasTest(file: string, title: string): boolean {
  const parts = title.split("...").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return existsSync(join(root, file)) && new RegExp(`["\`]${parts.join(".*")}["\`]`).test(read(join(root, file)));
}

describe("the guides", () => {
  it("lead to pages and headings that exist", () => {
    expect(pages.length).toBeGreaterThan(10);
    for (const page of pages) expect({ page, broken: brokenLinks(page) }).toEqual({ page, broken: [] });
  });

  it("are all in the index", () => {
    const index = read(join(docs, "README.md"));
    const named = readdirSync(docs).filter((name) => name.endsWith(".md") && name !== "README.md");
    expect(named.filter((name) => !index.includes(`](${name})`))).toEqual([]);
  });

  it("have a row for every error with its code, and for no other", () => {
    const rows = [...read(join(docs, "errors.md")).matchAll(/^\| `(\w+)` \| `([A-Z_]+)` \|/gm)].map(([, name, code]) => `${name} ${code}`);
    const classes = Object.entries(errors).filter(([, type]) => codeOf(type as unknown as AnyError) !== undefined);
    expect(rows.sort()).toEqual(classes.map(([name, type]) => `${name} ${codeOf(type as unknown as AnyError)}`).sort());
  });

  it("name a test that exists for every promise", () => {
    const rows = [...read(join(docs, "guarantees.md")).matchAll(/\| `((?:test|scenarios)\/[^`]+)`: "([^"]+)" \|$/gm)];
    expect(rows.length).toBeGreaterThan(20);
    const missing = rows.filter(([, file = "", title = ""]) => !hasTest(file, title));
    expect(missing.map(([row]) => row)).toEqual([]);
  });
});
