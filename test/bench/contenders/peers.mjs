import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

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

export const langgraph = async () => {
  const { Annotation, END, Send, START, StateGraph } = await load("@langchain/langgraph");
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
