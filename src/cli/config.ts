import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DefinitionError, InvalidOptionError } from "../core/errors.js";
import { expectedNames } from "../core/expected-names.js";
import { quoted } from "../core/ids.js";
import { importModule } from "./import-module.js";

/** What `cairn.config.ts` may say, in place of options. Paths are told from its folder. */
export interface Config {
  /** Where checkpoints are: a folder, or an address. */
  readonly checkpoints?: string;
  /** Modules that export workflows. */
  readonly modules?: readonly string[];
  /** Which workflow, where the modules export several. */
  readonly workflow?: string;
  readonly redis?: string;
  readonly queue?: string;
  /** What the keys of queues start with. */
  readonly prefix?: string;
  /** Where task boards are: a folder, or an address. */
  readonly board?: string;
}

export type ConfigKey = keyof Config;

/** What each key is for, in the words of the guide. */
export const CONFIG_TEXTS: Readonly<Record<ConfigKey, string>> = {
  checkpoints: "where checkpoints are: a folder, `redis://`, `s3://`, `postgres://`",
  modules: "modules that export workflows, as a list",
  workflow: "which workflow, where the modules export several",
  redis: "the Redis of the queue",
  queue: "the queue of runs or tasks",
  prefix: "what the keys of queues start with",
  board: "where task boards are: a folder or `redis://`",
};

const NAMES = ["ts", "mts", "js", "mjs", "json"].map((end) => `cairn.config.${end}`);
const PATHS: readonly ConfigKey[] = ["checkpoints", "modules", "board"];

/** Reads the configuration that is named, else the one in the folder, else none. Throws `DefinitionError`. */
export async function readConfig(named: string | undefined, folder: string): Promise<Config> {
  const found = named === undefined ? NAMES.filter((name) => existsSync(join(folder, name))) : [named];
  const [file, other] = found;
  if (file === undefined) return {};
  if (other !== undefined)
    throw new DefinitionError(
      `found ${quoted(file)} and ${quoted(other)}: expected one configuration; remove one, or name it as --config.`,
    );
  const module = await importModule(file, folder);
  return checkedConfig(module["default"] ?? module["config"], file, dirname(resolve(folder, file)));
}

function checkedConfig(config: unknown, file: string, folder: string): Config {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new InvalidOptionError(
      `configuration ${quoted(file)} exports no object: expected { ${Object.keys(CONFIG_TEXTS).join(", ")} } as its default export.`,
    );
  const entries = Object.entries(config).map(([key, value]) => {
    if (!Object.hasOwn(CONFIG_TEXTS, key))
      throw new InvalidOptionError(
        `configuration ${quoted(file)} has the key ${quoted(key)}: ${expectedNames(key, Object.keys(CONFIG_TEXTS))}`,
      );
    return [key, checkedValue(key as ConfigKey, value, file, folder)] as const;
  });
  return Object.fromEntries(entries) as Config;
}

function checkedValue(key: ConfigKey, value: unknown, file: string, folder: string): string | readonly string[] {
  const isText = (one: unknown): one is string => typeof one === "string" && one !== "";
  const place = (path: string): string => (PATHS.includes(key) && !/^[a-z][a-z0-9+.-]+:/i.test(path) ? resolve(folder, path) : path);
  if (key === "modules" && Array.isArray(value) && value.every(isText)) return value.map(place);
  if (key !== "modules" && isText(value)) return place(value);
  throw new InvalidOptionError(
    `key ${quoted(key)} of configuration ${quoted(file)} is ${Array.isArray(value) ? "a list" : quoted(value)}: expected ${key === "modules" ? "a list of paths" : "a text"}; correct the value.`,
  );
}
