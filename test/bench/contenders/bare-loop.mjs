import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { makePatch, makeState } from "../data.mjs";

/** What the language and the disk allow, with no library in between. */
export default async () => ({
  chain: ({ n, hit }) => awaitLoop(n, hit),
  loop: ({ n, hit }) => awaitLoop(n, hit),
  parallel: ({ n, hit }) => allAtOnce(n, hit),
  each: ({ n, hit }) => allAtOnce(n, hit),
  full: (ctx) => appendLoop(ctx, (state) => state),
  delta: (ctx) => appendLoop(ctx, (_, patch) => patch),
  folder: (ctx) => folderLoop(ctx),
  preparePending: async ({ dir, n }) => {
    const pending = Array.from({ length: n }, (_, i) => ({ id: `w${i}`, task: "w", input: { i }, attempt: 1 }));
    writeFileSync(join(dir, "state.json"), JSON.stringify({ version: 1, pending }));
  },
  resumePending: async ({ dir, hit }) => {
    const { pending } = JSON.parse(readFileSync(join(dir, "state.json"), "utf8"));
    const queue = new Map(pending.map((spec) => [spec.id, spec]));
    await hit(queue.values().next().value);
  },
  prepareState: async ({ dir, chunks }) => writeFileSync(join(dir, "state.json"), JSON.stringify(makeState(chunks))),
  resumeState: async ({ dir, hit }) => hit(JSON.parse(readFileSync(join(dir, "state.json"), "utf8"))),
});

function awaitLoop(n, hit) {
  const body = async () => hit();
  return async () => {
    for (let i = 0; i < n; i++) await body();
  };
}

function allAtOnce(n, hit) {
  const body = async () => hit();
  return () => Promise.all(Array.from({ length: n }, body));
}

/** One write and one fdatasync per iteration, to the end of one file. */
function appendLoop({ n, chunks, dir, hit }, record) {
  const state = makeState(chunks);
  return async () => {
    const file = openSync(join(dir, "log"), "a");
    for (let i = 0; i < n; i++) {
      hit();
      const patch = makePatch(i, chunks);
      state.n = patch.n;
      state.chunks[patch.place] = patch.chunk;
      writeSync(file, `${JSON.stringify(record(state, patch))}\n`);
      fdatasyncSync(file);
      await null;
    }
    closeSync(file);
  };
}

const [syncFile, syncFolder] = [promisify(fdatasync), promisify(fsync)];

/** One folder of three files per iteration, with 1 KB in them: all synced at once, then renamed, then the folder around it synced. */
function folderLoop({ n, chunks, dir, hit }) {
  const folder = (i) => join(dir, `${i}`);
  return async () => {
    const outer = openSync(dir, "r");
    for (let i = 0; i < n; i++) {
      hit();
      mkdirSync(folder(`new-${i}`));
      const open = (name) => openSync(join(folder(`new-${i}`), name), "wx");
      const files = ["context.json", "state.json", "meta.json"].map(open);
      writeSync(files[0], JSON.stringify(makePatch(i, chunks)));
      const inner = openSync(folder(`new-${i}`), "r");
      await Promise.all([...files.map((file) => syncFile(file)), syncFolder(inner)]);
      for (const file of [...files, inner]) closeSync(file);
      renameSync(folder(`new-${i}`), folder(i));
      fsyncSync(outer);
    }
    closeSync(outer);
  };
}
