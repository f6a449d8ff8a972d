import type { CommandDefinition } from "../command.js";
import { board } from "./board.js";
import { completionOf } from "./completion.js";
import { diff } from "./diff.js";
import { engine } from "./engine.js";
import { explain } from "./explain.js";
import { fork } from "./fork.js";
import { graph } from "./graph.js";
import { history } from "./history.js";
import { pin, unpin } from "./pin.js";
import { preflight } from "./preflight.js";
import { prune } from "./prune.js";
import { report } from "./report.js";
import { resume } from "./resume.js";
import { run } from "./run.js";
import { runs } from "./runs.js";
import { show } from "./show.js";
import { submit } from "./submit.js";
import { verify } from "./verify.js";
import { worker } from "./worker.js";

/** The first words of commands of two words, and what they are about. */
export const GROUPS: ReadonlyMap<string, string> = new Map([["board", "Looks at a task board, and does the work of an agent."]]);

/** Everything that `cairn` can be asked, in the order of its help. */
export const COMMANDS: readonly CommandDefinition[] = [
  ...[run, resume, fork],
  ...[runs, show, history, diff, explain, graph, report],
  ...[verify, prune, pin, unpin, preflight],
  ...[worker, engine, submit],
  ...board,
  completionOf(() => COMMANDS, GROUPS),
];
