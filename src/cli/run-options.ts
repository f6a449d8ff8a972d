import { toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { CheckpointOptions, ExecutionOptions } from "../execution-options.js";
import type { CommandLine } from "./command-line.js";
import { EndKeeper } from "./end-keeper.js";
import { countOf } from "./line-options.js";

type Running = Pick<ExecutionOptions, "durability" | "maxSteps" | "concurrency" | "handlers"> & {
  readonly checkpoints?: CheckpointOptions;
};

/** A name that no task can have in its `handler` option. */
const KEEPER = "cairn: keeps the end";

/**
 * How a run is carried out, as options of the library, and what keeps its end; `place` is where checkpoints go, or `null`. A journal
 * tells of the end by itself. Throws `InvalidOptionError`.
 */
export function runOptions(line: CommandLine, place: string | null): { readonly options: Running; readonly keeper: EndKeeper | null } {
  const durability = line.text("durability");
  const keeper = place === null || durability === "step" || durability === "none" ? null : new EndKeeper();
  const options = optionsOf(line, place);
  return { options: keeper === null ? options : { ...options, handlers: { [KEEPER]: keeper } }, keeper };
}

function optionsOf(line: CommandLine, place: string | null): Running {
  const durability = line.text("durability") as ExecutionOptions["durability"];
  const maxSteps = countOf(line, "max-steps");
  const concurrency = countOf(line, "concurrency");
  const every = everyOf(line.text("every"));
  return {
    ...(place === null ? {} : { checkpoints: { store: place, ...(every === undefined ? {} : { every }) } }),
    ...(durability === undefined ? {} : { durability }),
    ...(maxSteps === undefined ? {} : { maxSteps }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

function everyOf(text: string | undefined): CheckpointOptions["every"] {
  if (text === undefined || text === "task") return text;
  if (/^\d+$/.test(text)) throw new InvalidOptionError(`--every is ${quoted(text)}: expected "task", or a time with its unit, as in 30s.`);
  return { ms: toMs(text, "--every") };
}
