import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { optionsOf } from "../../src/cli/command.js";
import { engine } from "../../src/cli/commands/engine.js";
import { worker } from "../../src/cli/commands/worker.js";
import { toMs } from "../../src/core/duration.js";
import { TestRedis } from "../servers/redis.js";
import { onPath } from "../servers/redis-binary.js";

interface Labelled {
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** What is looked at of a manifest. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: Labelled;
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly { readonly command: readonly string[]; readonly env: readonly { readonly name: string }[] }[];
      };
    };
  };
}

const page = readFileSync(fileURLToPath(new URL("../../docs/distributed.md", import.meta.url)), "utf8");
const blocksIn = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);

const units = blocksIn("ini");
const documents = blocksIn("yaml").flatMap((text) => parseAllDocuments(text));
const manifests = documents.map((document) => document.toJS() as Manifest);
const deployments = manifests.filter(({ kind }) => kind === "Deployment");
const settingOf = (unit: string, name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";

/** Each command line of the page with the time, in milliseconds, that it is given to end. */
const commands: readonly (readonly [words: readonly string[], endsInMs: number])[] = [
  ...units.map(
    (unit) => [settingOf(unit, "ExecStart").split(" ").slice(1), toMs(settingOf(unit, "TimeoutStopSec"), "TimeoutStopSec")] as const,
  ),
  ...deployments.flatMap(({ spec: { template } }) =>
    (template?.spec.containers ?? []).map(
      ({ command }) => [command, 1_000 * Number(template?.spec.terminationGracePeriodSeconds)] as const,
    ),
  ),
];

const folder = mkdtempSync(join(tmpdir(), "cairnflow-units-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const analyze = await onPath("systemd-analyze");

describe("the deployments of the guide", () => {
  it("are a unit, a manifest and a command line each for workers and for engines", () => {
    expect(commands.map(([[, command]]) => command)).toEqual(["worker", "engine", "worker", "engine"]);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(["Deployment", "Deployment", "PodDisruptionBudget", "PodDisruptionBudget"]);
  });

  it.each(commands)("give %j options that cairn has, and more time to end than its bodies", ([, command, ...words], endsInMs) => {
    const known = new Set(optionsOf(command === "engine" ? engine : worker).map(({ name }) => `--${name}`));
    expect(words.filter((word) => word.startsWith("--") && !known.has(word))).toEqual([]);
    expect(words).toContain("--queue");
    expect(toMs(String(words[words.indexOf("--grace") + 1]), "--grace")).toBeLessThan(endsInMs);
  });

  it.skipIf(analyze === null).each(units)("are units that systemd takes without a word: %#", async (unit) => {
    const path = join(folder, "flows@.service");
    writeFileSync(path, unit.replace("/usr/bin/node", process.execPath));
    const { stdout, stderr } = await promisify(execFile)(String(analyze), ["verify", "--man=no", "--recursive-errors=no", path]);
    expect([stdout, stderr]).toEqual(["", ""]);
    expect(settingOf(unit, "Restart")).toBe("always");
    expect(settingOf(unit, "KillSignal")).toBe("SIGTERM");
  });

  it("are manifests that read as YAML, and select what they name", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    const labels = deployments.map(({ spec }) => spec.template?.metadata.labels);
    for (const { spec } of manifests) expect(labels).toContainEqual(spec.selector.matchLabels);
    for (const { spec } of deployments) expect(spec.selector.matchLabels).toEqual(spec.template?.metadata.labels);
  });

  it("hand over the address of Redis where other users do not see it", () => {
    for (const [words] of commands) expect(words).not.toContain("--redis");
    const given = deployments.flatMap(({ spec }) => spec.template?.spec.containers ?? []).map(({ env }) => env.map(({ name }) => name));
    expect(given).toEqual([["CAIRN_REDIS_URL"], ["CAIRN_REDIS_URL", "CAIRN_CHECKPOINTS"]]);
  });

  it("have settings that a Redis starts with", async () => {
    const settings = blocksIn("conf").flatMap((text) => text.trim().split("\n"));
    expect(settings).toContain("maxmemory-policy noeviction");
    const server = await TestRedis.start({
      settings: settings.flatMap((line) => [`--${line.split(" ")[0]}`, ...line.split(" ").slice(1)]),
    });
    await server.stop();
  }, 300_000);
});
