// <root> race <who>: tries to put seqs 1 to 20, and prints the ids of those it got. <root> stop <who>: puts seq 1 and stops
// where it would publish it, after printing "stopped".
import { SequenceTakenError } from "../../src/core/errors.js";
import { systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { recordOf } from "./record.js";

const [root = "", what = "race", who = "a"] = process.argv.slice(2);

if (what === "race") {
  const store = new FileCheckpointStore(root);
  await store.open();
  const won: string[] = [];
  for (let seq = 1; seq <= 20; seq++) {
    const id = `${who}${seq}`;
    try {
      await store.put(recordOf(seq, id, ["old blob", `blob ${seq}`]));
      won.push(id);
    } catch (error) {
      if (!(error instanceof SequenceTakenError)) throw error;
      // A loser may be told so before the winner is done.
      while ((await store.list("r1")).length < seq) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  process.stdout.write(`${JSON.stringify(won)}\n`);
} else {
  const rename = (from: string, to: string): void => {
    if (to.includes("checkpoints")) {
      process.stdout.write("stopped\n");
      process.kill(process.pid, "SIGSTOP");
    }
    systemFs.rename(from, to);
  };
  const store = new FileCheckpointStore(root, { fs: { ...systemFs, rename } });
  await store.open();
  await store.put(recordOf(1, who));
}
