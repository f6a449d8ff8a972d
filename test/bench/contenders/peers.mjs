import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { logEntry, makePatch, makeState } from "../data.mjs";

/** Libraries a user might take instead. Measured only where they can be imported: `CAIRNFLOW_PEERS=<folder with node_modules>`. */
const load = (name) => {
  const from = createRequire(join(process.env.CAIRNFLOW_PEERS ?? process.cwd(), "package.json"));
  return import(pathToFileURL(from.resolve(name)).href);
};

export const xstate = async () => {
  const { assign, createActor, fromPromise, setup, toPromise } = await load("xstate");
  const working = (hit) => setup({ actors: { work: fromPromise(async () => hit()) } });
  const finished = (machine) => () => {
    const actor = createActor(machine);
    const done = toPromise(actor);
    actor.start();
    return done;
  };
  return {
    chain: ({ n, hit }) => {
      const states = { done: { type: "final" } };
      for (let i = 0; i < n; i++) states[`s${i}`] = { invoke: { src: "work", onDone: i + 1 < n ? `s${i + 1}` : "done" } };
      return finished(working(hit).createMachine({ initial: "s0", states }));
    },
    loop: ({ n, hit }) => {
      const onDone = [
        { guard: ({ context }) => context.i + 1 >= n, target: "done" },
        { target: "loop", reenter: true, actions: assign(({ context }) => ({ i: context.i + 1 })) },
      ];
      const states = { loop: { invoke: { src: "work", onDone } }, done: { type: "final" } };
      return finished(working(hit).createMachine({ context: { i: 0 }, initial: "loop", states }));
    },
    checkpoints: (ctx) => savingSnapshots(createActor, setup({ actors: {} }), assign, ctx),
    log: (ctx) => savingSnapshots(createActor, setup({ actors: {} }), assign, { ...ctx, isLog: true }),
    each: ({ n, hit }) => {
      const work = fromPromise(async () => hit());
      return () =>
        Promise.all(
          Array.from({ length: n }, () => {
            const actor = createActor(work);
            const done = toPromise(actor);
            actor.start();
            return done;
          }),
        );
    },
  };
};

/** Writes and syncs the whole persisted snapshot after each event, a file for each: what the documentation shows. */
function savingSnapshots(createActor, base, assign, { n, chunks = 0, dir, hit, isLog = false }) {
  const patched = ({ context, event }) => {
    if (isLog) return { log: [...context.log, logEntry(event.i)] };
    const patch = makePatch(event.i, chunks);
    return { chunks: context.chunks.map((chunk, place) => (place === patch.place ? patch.chunk : chunk)) };
  };
  const context = { ...(isLog ? { log: [] } : makeState(chunks)) };
  const machine = base.createMachine({ context, on: { step: { actions: assign(patched) } } });
  return async () => {
    const actor = createActor(machine).start();
    for (let i = 0; i < n; i++) {
      hit();
      actor.send({ type: "step", i });
      const file = openSync(join(dir, `${i}.json`), "w");
      writeSync(file, JSON.stringify(actor.getPersistedSnapshot()));
      await new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())));
      closeSync(file);
    }
    actor.stop();
  };
}

/** A graph of one node in a loop, with its SQLite saver: it stores a checkpoint after each step. */
async function savingGraph({ Annotation, END, START, StateGraph }, { n, chunks = 0, dir, hit, isLog = false }) {
  const { SqliteSaver } = await load("@langchain/langgraph-checkpoint-sqlite");
  const last = Annotation({ reducer: (_, next) => next, default: () => 0 });
  const list = Annotation({ reducer: (all, added) => [...all, ...added], default: () => [] });
  const named = Object.fromEntries(Array.from({ length: chunks }, (_, place) => [`c${place}`, Annotation({ reducer: (_, next) => next })]));
  const body = async ({ i }) => {
    hit();
    if (isLog) return { i: i + 1, log: [logEntry(i)] };
    const patch = makePatch(i, chunks);
    return { i: i + 1, [`c${patch.place}`]: patch.chunk };
  };
  const graph = new StateGraph(Annotation.Root({ i: last, ...(isLog ? { log: list } : named) }))
    .addNode("loop", body)
    .addEdge(START, "loop");
  const app = graph
    .addConditionalEdges("loop", ({ i }) => (i < n ? "loop" : END))
    .compile({ checkpointer: SqliteSaver.fromConnString(join(dir, "graph.sqlite")) });
  const filled = isLog ? { i: 0 } : { i: 0, ...Object.fromEntries(makeState(chunks).chunks.map((chunk, place) => [`c${place}`, chunk])) };
  return () => app.invoke(filled, { recursionLimit: n + 10, configurable: { thread_id: "bench" } });
}

export const langgraph = async () => {
  const library = await load("@langchain/langgraph");
  const { Annotation, END, Send, START, StateGraph } = library;
  const State = Annotation.Root({ i: Annotation({ reducer: (_, next) => next, default: () => 0 }) });
  const runner = (graph, n) => {
    const app = graph.compile();
    return () => app.invoke({ i: 0 }, { recursionLimit: n + 10, maxConcurrency: n });
  };
  return {
    chain: ({ n, hit }) => {
      const graph = new StateGraph(State);
      const body = async () => {
        hit();
        return { i: 0 };
      };
      for (let i = 0; i < n; i++) graph.addNode(`t${i}`, body);
      for (let i = 0; i < n; i++) graph.addEdge(i === 0 ? START : `t${i - 1}`, `t${i}`);
      return runner(graph.addEdge(`t${n - 1}`, END), n);
    },
    loop: ({ n, hit }) => {
      const body = async ({ i }) => {
        hit();
        return { i: i + 1 };
      };
      const graph = new StateGraph(State).addNode("loop", body).addEdge(START, "loop");
      return runner(
        graph.addConditionalEdges("loop", ({ i }) => (i < n ? "loop" : END)),
        n,
      );
    },
    checkpoints: (ctx) => async () => (await savingGraph(library, ctx))(),
    log: (ctx) => async () => (await savingGraph(library, { ...ctx, isLog: true }))(),
    each: ({ n, hit }) => {
      const graph = new StateGraph(State)
        .addNode("source", async () => ({ i: 0 }))
        .addNode("w", async () => void hit())
        .addNode("join", async () => ({ i: 1 }));
      graph.addEdge(START, "source").addConditionalEdges("source", () => Array.from({ length: n }, (_, i) => new Send("w", { i })));
      return runner(graph.addEdge("w", "join").addEdge("join", END), n);
    },
  };
};
