/** The least that can be called an engine: a context object per task, a map of results, counts at joins, a queue. */
class MiniEngine {
  #nodes = new Map();

  task(id, body) {
    this.#nodes.set(id, { id, body, next: [], inputs: 0 });
    return this;
  }

  edge(from, to) {
    const node = this.#nodes.get(to);
    this.#nodes.get(from).next.push(node);
    node.inputs++;
    return this;
  }

  run() {
    const [missing, results, ready] = [new Map(), new Map(), []];
    for (const node of this.#nodes.values()) {
      missing.set(node, node.inputs);
      if (node.inputs === 0) ready.push(node);
    }
    return new Promise((resolve, reject) => {
      let [running, head] = [0, 0];
      const ended = (ctx) => (value) => {
        running--;
        results.set(ctx.node.id, value);
        if (ctx.again) ready.push(ctx.node);
        else for (const next of ctx.node.next) arrive(next);
        pump();
      };
      const arrive = (node) => {
        const left = missing.get(node) - 1;
        missing.set(node, left);
        if (left === 0) ready.push(node);
      };
      const pump = () => {
        for (; head < ready.length; running++) {
          const ctx = { node: ready[head], results, again: false };
          ready[head++] = undefined;
          if (head > 1_024 && head * 2 > ready.length) {
            ready.splice(0, head);
            head = 0;
          }
          ctx.node.body(ctx).then(ended(ctx), reject);
        }
        if (running === 0) resolve(results);
      };
      pump();
    });
  }
}

export default async () => ({ chain, loop, parallel: fan, each: fan });

function chain({ n, hit }) {
  const engine = new MiniEngine();
  for (let i = 0; i < n; i++) {
    engine.task(`t${i}`, async () => hit());
    if (i > 0) engine.edge(`t${i - 1}`, `t${i}`);
  }
  return () => engine.run();
}

function loop({ n, hit }) {
  let passes = 0;
  const engine = new MiniEngine().task("loop", async (ctx) => {
    hit();
    ctx.again = ++passes % n !== 0;
  });
  return () => engine.run();
}

function fan({ n, hit }) {
  const engine = new MiniEngine().task("source", async () => {}).task("join", async () => {});
  for (let i = 0; i < n; i++) {
    engine.task(`w${i}`, async () => hit());
    engine.edge("source", `w${i}`).edge(`w${i}`, "join");
  }
  return () => engine.run();
}
