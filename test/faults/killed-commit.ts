// A process that runs the workflow and kills itself at one of the file-system calls of the second checkpoint:
// <store> <"whole" | "straight"> <"before" | "after"> <n>. With n = 0 it lives, and prints how many calls there were.
import { FileCheckpointStore } from "../../src/index.js";
import { wrappedStore } from "../testing/wrapped-store.js";
import { committed, INPUT } from "./commit-workflow.js";
import { type Count, killingFs } from "./killing-fs.js";
import { straightStore } from "./straight-store.js";

const [root = "", kind = "whole", when = "before", at = "0"] = process.argv.slice(2);
const count: Count = { calls: 0, isCounting: false };
const fs = killingFs(count, when, Number(at));
const store = wrappedStore(kind === "straight" ? straightStore(root, fs) : new FileCheckpointStore(root, { fs }), (writer) => ({
  put: async (record) => {
    count.isCounting = record.seq === 2;
    await writer.put(record);
    count.isCounting = false;
  },
}));

await committed.run(INPUT, { runId: "r1", checkpoints: { store, every: "task" } });
process.stdout.write(String(count.calls));
