// Trains twice: once killed with SIGKILL in the middle of an epoch and resumed from the newest checkpoint, once without
// interruption. Shows that both end with the same weights, bit for bit; exits with 1 if they do not.
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { openCheckpointStore } from "cairnflow";
import color from "picocolors";
import { type Report, RUN_ID } from "./report.js";
import { type Ending, runInProcess } from "./run-in-process.js";
import { epochTable, indented, progressOf, sparkline, tableOf } from "./terminal.js";
import { type Params, training } from "./training.js";

type Ended = Extract<Report, { kind: "ended" }>;

const PARAMS: Params = { epochs: 60, batchSize: 6, learningRate: 0.3, restMs: 2 };
const KILL_AT = { epoch: 37, batch: 7 };
const FOLDER = fileURLToPath(new URL("../../node_modules/.cache/cairnflow/demo", import.meta.url));
const KILLED = join(FOLDER, "killed-and-resumed");
const WHOLE = join(FOLDER, "uninterrupted");

const title = (text: string): void => console.log(`\n${color.bold(text)}`);
const say = (text: string): void => console.log(indented(text));
const shownPath = (path: string): string => relative(process.cwd(), path) || ".";

async function trained(how: "start" | "resume", folder: string, dies: (report: Report) => boolean = () => false): Promise<Ending> {
  const progress = progressOf(PARAMS.epochs);
  const onReport = (report: Report): boolean => {
    if (report.kind === "epoch") progress.at(report.epoch, `val loss ${report.metrics["valLoss"]?.toFixed(4)}`);
    return dies(report);
  };
  try {
    return await runInProcess({ how, folder, params: PARAMS, onReport });
  } finally {
    progress.end();
  }
}

const last = <Kind extends Report["kind"]>({ reports }: Ending, kind: Kind): Extract<Report, { kind: Kind }> => {
  const found = reports.findLast((report): report is Extract<Report, { kind: Kind }> => report.kind === kind);
  if (found === undefined) throw new Error(`the training process never reported "${kind}": it ended too early`);
  return found;
};

async function trainAndKill(): Promise<void> {
  const ending = await trained("start", KILLED, (report) => {
    return report.kind === "batch" && report.epoch === KILL_AT.epoch && report.done === KILL_AT.batch;
  });
  const { epoch, done, total } = last(ending, "batch");
  if (ending.signal !== "SIGKILL" || done === total) throw new Error("the kill did not come in the middle of an epoch: run the demo again");
  const newest = (await openCheckpointStore(KILLED).list(RUN_ID))[0];
  say(`${color.red("killed with SIGKILL")} in epoch ${epoch}, after batch ${done} of ${total}`);
  say(`newest checkpoint: after epoch ${newest?.cycle}`);
}

async function resumed(): Promise<Ended> {
  const ending = await trained("resume", KILLED);
  const { from, steps } = last(ending, "resumed");
  say(`resumed from checkpoint ${from}, after ${steps} steps`);
  return last(ending, "ended");
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
const digest = (weights: Float64Array): string => createHash("sha256").update(bytesOf(weights)).digest("hex");

/** Prints both sets of weights side by side; says whether their bytes are the same. */
function compare(left: Float64Array, right: Float64Array): boolean {
  const some = [0, 7, 14].map((at) => [`weight ${at + 1} of ${left.length}`, String(left[at]), String(right[at])]);
  const rows = [["SHA-256 of the bytes", digest(left).slice(0, 16), digest(right).slice(0, 16)], ...some];
  console.log(tableOf(["final weights", "killed and resumed", "uninterrupted"], rows));
  const same = digest(left) === digest(right);
  say(same ? color.green("identical, bit for bit") : color.red("DIFFERENT: this is a bug"));
  return same;
}

async function main(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  title("1. Train in a process of its own; SIGKILL it in the middle of an epoch");
  await trainAndKill();
  title("2. Resume in a new process, from the newest checkpoint");
  const { output, history } = await resumed();
  title("3. The same training without a kill, to compare with");
  const whole = last(await trained("start", WHOLE), "ended");
  title("4. Compare");
  const same = compare(output.final.weights, whole.output.final.weights);
  title("The graph");
  say(training.graph.toText());
  title("The epochs");
  console.log(epochTable(history));
  say(`loss ${sparkline(history.map(({ loss }) => loss))}`);
  say(`best validation loss ${output.best.valLoss.toFixed(4)} in epoch ${output.best.epoch}`);
  say(`${(100 * output.test.accuracy).toFixed(1)} % of the test flowers are recognised`);
  title("The checkpoints");
  for (const folder of [KILLED, WHOLE]) {
    const { length } = await openCheckpointStore(folder).list(RUN_ID);
    say(`${length} in ${shownPath(join(folder, RUN_ID, "checkpoints"))}`);
  }
  if (!same) process.exitCode = 1;
}

await main();
