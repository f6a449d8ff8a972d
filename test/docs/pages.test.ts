import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkedEngineOptions } from "../../src/bullmq/engine-options.js";
import { checkedRunnerOptions } from "../../src/bullmq/runner-options.js";
import { checkedWorkerOptions } from "../../src/bullmq/worker-options.js";
import * as errors from "../../src/core/errors.js";
import { checkedStrategy } from "../../src/core/resume-strategy.js";
import { checkedCheckpointPolicy, checkedRunSettings } from "../../src/engine/options.js";
import { checkedSettings as postgresSettings } from "../../src/postgres/postgres-options.js";
import { checkedChannelSettings } from "../../src/redis/redis-channel-options.js";
import { checkedSettings as redisSettings } from "../../src/redis/redis-options.js";
import { s3Settings } from "../../src/s3/s3-options.js";
import * as boardErrors from "../../src/task-board/board-errors.js";
import { CoverageError } from "../../src/testing/coverage-report.js";
import { CrashMatrixError } from "../../src/testing/crash-report.js";
import * as scenarioErrors from "../../src/testing/scenario-errors.js";
import * as pipelineErrors from "../../src/yaml/pipeline-errors.js";

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

/** The rows of a table that begin with a class and its code. */
function errorRows(page: string): string[] {
  return [...read(join(docs, page)).matchAll(/^\| `(\w+)` \| `([A-Z_]+)` \|/gm)].map(([, name, code]) => `${name} ${code}`).sort();
}

function errorsOf(module: object): string[] {
  const classes = Object.entries(module).filter(([name, type]) => /Error$/.test(name) && codeOf(type) !== undefined);
  return classes.map(([name, type]) => `${name} ${codeOf(type)}`).sort();
}

/** What a table of options says below a heading, by option: all cells of its row. */
function optionsIn(page: string, heading: string): ReadonlyMap<string, readonly string[]> {
  const section =
    read(join(docs, page))
      .split(/^## /m)
      .find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const rows = [...section.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
  return new Map(rows.map(([, name = "", cells = ""]) => [name, cells.split("|").map((cell) => cell.replaceAll(/[`"]/g, "").trim())]));
}

const shown = (value: unknown): string => (typeof value === "number" ? value.toLocaleString("en-US") : String(value));
const place = { connection: "redis://h", queue: "q" };
const worker = { ...place, workflows: [{ name: "w" }], channelOf: () => null } as never;
const engine = { ...place, workflows: [{ name: "w" }], carryOut: () => {} } as never;
const key = { accessKeyId: "k", secretAccessKey: "s" };

/** Where options are listed, what the code makes of none, and which of them have a default that is a number, text or flag. */
const DEFAULTS: readonly (readonly [page: string, heading: string, settings: object, names: readonly string[]])[] = [
  ["running.md", "Options", checkedRunSettings({}), ["maxSteps", "defaultMaxCycles", "graceMs", "durability"]],
  ["checkpoints.md", "Policy", checkedCheckpointPolicy({}), ["onError", "onFailure"]],
  ["resume.md", "Strategy", checkedStrategy({}), ["maxResumeAttempts"]],
  ["stores.md", "Redis", redisSettings({ url: "redis://h" }), ["prefix", "allowEviction", "commandTimeoutMs", "leaseMs"]],
  ["stores.md", "S3", s3Settings({ bucket: "bucket", region: "r", credentials: key }), ["leaseMs", "requestTimeoutMs"]],
  ["stores.md", "PostgreSQL", postgresSettings({ url: "postgres://h" }), ["schema", "leaseMs", "statementTimeoutMs", "allowUnsafe"]],
  ["channels.md", "Redis", checkedChannelSettings({ url: "redis://h" }), ["prefix", "allowEviction", "commandTimeoutMs"]],
  ["distributed.md", "The engine", checkedRunnerOptions(place), ["prefix", "checkMs", "patienceMs", "connectTimeoutMs"]],
  [
    "distributed.md",
    "Runs as jobs",
    checkedEngineOptions(engine),
    ["prefix", "concurrency", "lockMs", "stalledCheckMs", "maxStalls", "keepMs"],
  ],
  [
    "distributed.md",
    "Workers",
    checkedWorkerOptions(worker),
    ["prefix", "concurrency", "lockMs", "stalledCheckMs", "maxStalls", "connectTimeoutMs"],
  ],
];

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
    expect(errorRows("errors.md")).toEqual(errorsOf(errors));
    expect(errorRows("task-board.md")).toEqual(errorsOf(boardErrors));
    expect(errorRows("pipelines.md")).toEqual(errorsOf(pipelineErrors));
    expect(errorRows("testing.md")).toEqual(errorsOf({ ...scenarioErrors, CoverageError, CrashMatrixError }));
  });

  it.each(DEFAULTS)("have in %s, below %s, the defaults that the code has", (page, heading, settings, names) => {
    const options = optionsIn(page, heading);
    const values = new Map(Object.entries(settings));
    const wrong = names.filter((name) => !options.get(name)?.some((cell) => cell.split(/[:;]/)[0] === shown(values.get(name))));
    expect(wrong).toEqual([]);
  });

  it("name every code that a warning can have", () => {
    const folder = join(root, "src/engine");
    const sources = readdirSync(folder).map((name) => read(join(folder, name)));
    const codes = sources.flatMap((source) => [...source.matchAll(/\bcode: "([A-Z_]+)"/g)].map(([, code]) => code as string));
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !read(join(docs, "running.md")).includes(`\`${code}\``))).toEqual([]);
  });

  it("name a test that exists for every promise", () => {
    const rows = [...read(join(docs, "guarantees.md")).matchAll(/\| `((?:test|scenarios)\/[^`]+)`: "([^"]+)" \|$/gm)];
    expect(rows.length).toBeGreaterThan(20);
    const missing = rows.filter(([, file = "", title = ""]) => !hasTest(file, title));
    expect(missing.map(([row]) => row)).toEqual([]);
  });
});
