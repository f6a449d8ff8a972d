import { describe, expect, it } from "vitest";
import { TaskGraph } from "../../src/core/graph.js";
import { atLeast, critical } from "../../src/core/group-policy.js";
import { renderDot } from "../../src/core/render-dot.js";
import { renderMermaid } from "../../src/core/render-mermaid.js";
import { renderText } from "../../src/core/render-text.js";
import { aChain, anEach, aParallel, aTask } from "./graph-fixtures.js";

function training(): TaskGraph {
  const [load, score, train] = [aTask("load"), aTask("score"), aTask("train", { join: "any" })];
  const features = aParallel([aChain(aTask("clean"), anEach(score, { concurrency: 8 })), aTask("stats")], {
    name: "features",
    policy: atLeast(1),
  });
  return new TaskGraph("training")
    .add(aChain(load, features, train, aTask("end")))
    .edge(train, train)
    .edge(train, features);
}

const run = {
  completed: new Map([
    ["load", 1],
    ["train", 3],
    ["features", 1],
  ]),
  pending: ["end"],
  running: ["train", "score", "score"],
  failed: ["stats"],
};

/** Names and policies a careless caller might let through. */
const hostileText = 'x"] --> y; %%{init: {}}%% <script>alert(1)</script> \\" \u001b[31m\r\nend \u202e#quot;';
const hostile = new TaskGraph('evil"; graph [label="<b>"]').add(
  aChain(aTask("a-b.c_d"), aParallel([aTask("end"), aTask("a--b")], { name: "subgraph", policy: critical([hostileText]) })),
);

describe("the text of a graph", () => {
  it("lists nodes and where they lead, groups indented, back edges and starts marked", () => {
    expect(training().toText()).toMatchInlineSnapshot(`
      "training
        load (start) -> features
        features (parallel, atLeast(1)) -> train
          clean -> each-score
          each-score (each, strict, 8 at once)
            score
          stats
        train (join any) -> end, train (back), features (back)
        end
      "
    `);
  });

  it("tells how a run stands", () => {
    expect(training().toText({ run })).toMatchInlineSnapshot(`
      "training
        load (start, completed) -> features
        features (parallel, atLeast(1), completed) -> train
          clean -> each-score
          each-score (each, strict, 8 at once)
            score (running 2)
          stats (failed)
        train (join any, running, completed 3) -> end, train (back), features (back)
        end (pending)
      "
    `);
  });

  it("has no control characters", () => {
    expect(hostile.toText().replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(hostile.toText().split("\n")).toHaveLength(6);
  });
});

describe("Mermaid", () => {
  it("draws groups as subgraphs and back edges dotted", () => {
    expect(training().toMermaid()).toMatchInlineSnapshot(`
      "---
      title: "training"
      ---
      flowchart TD
        n_load(["load"])
        subgraph n_features["features (parallel, atLeast(1))"]
          n_clean["clean"]
          subgraph n_each_2dscore["each-score (each, strict, 8 at once)"]
            n_score["score"]
          end
          n_stats["stats"]
        end
        n_train["train"]
        n_end["end"]
        n_load --> n_features
        n_features --> n_train
        n_clean --> n_each_2dscore
        n_train --> n_end
        n_train -.-> n_train
        n_train -.-> n_features
      "
    `);
  });

  it("gives nodes the class of their state", () => {
    expect(training().toMermaid({ run })).toMatchInlineSnapshot(`
      "---
      title: "training"
      ---
      flowchart TD
        n_load(["load (completed)"])
        subgraph n_features["features (parallel, atLeast(1), completed)"]
          n_clean["clean"]
          subgraph n_each_2dscore["each-score (each, strict, 8 at once)"]
            n_score["score (running 2)"]
          end
          n_stats["stats (failed)"]
        end
        n_train["train (running, completed 3)"]
        n_end["end (pending)"]
        n_load --> n_features
        n_features --> n_train
        n_clean --> n_each_2dscore
        n_train --> n_end
        n_train -.-> n_train
        n_train -.-> n_features
        classDef failed fill:#ffe3e3,stroke:#c92a2a,color:#000
        class n_stats failed
        classDef running fill:#d0ebff,stroke:#1864ab,color:#000
        class n_score,n_train running
        classDef pending fill:#fff3bf,stroke:#e67700,color:#000
        class n_end pending
        classDef completed fill:#d3f9d8,stroke:#2b8a3e,color:#000
        class n_load,n_features completed
      "
    `);
  });

  it("lets no text break out", () => {
    expect(hostile.toMermaid()).toMatchInlineSnapshot(`
      "---
      title: "evil\\"; graph [label=\\"<b>\\"]"
      ---
      flowchart TD
        n_a_2db_2ec__d(["a-b.c_d"])
        subgraph n_subgraph["subgraph (parallel, critical(x#34;#93; --#62; y#59; #37;#37;#123;init: #123;#125;#125;#37;#37; #60;script#62;alert(1)#60;#47;script#62; #92;#34;  #91;31m  end  #35;quot#59;))"]
          n_end["end"]
          n_a_2d_2db["a--b"]
        end
        n_a_2db_2ec__d --> n_subgraph
      "
    `);
  });
});

describe("DOT", () => {
  it("draws groups as clusters and back edges dashed", () => {
    expect(training().toDot()).toMatchInlineSnapshot(`
      "digraph "training" {
        compound=true;
        node [shape=box, style="rounded,filled", fillcolor=white];
        "load" [label="load", penwidth=2];
        subgraph "cluster_features" {
          label="features (parallel, atLeast(1))";
          "clean" [label="clean"];
          subgraph "cluster_each-score" {
            label="each-score (each, strict, 8 at once)";
            "score" [label="score"];
          }
          "stats" [label="stats"];
        }
        "train" [label="train"];
        "end" [label="end"];
        "load" -> "clean" [lhead="cluster_features"];
        "score" -> "train" [ltail="cluster_features"];
        "clean" -> "score" [lhead="cluster_each-score"];
        "train" -> "end";
        "train" -> "train" [style=dashed, constraint=false];
        "train" -> "clean" [lhead="cluster_features", style=dashed, constraint=false];
      }
      "
    `);
  });

  it("colours nodes by their state", () => {
    expect(training().toDot({ run })).toMatchInlineSnapshot(`
      "digraph "training" {
        compound=true;
        node [shape=box, style="rounded,filled", fillcolor=white];
        "load" [label="load (completed)", penwidth=2, fillcolor="#d3f9d8", class=completed];
        subgraph "cluster_features" {
          label="features (parallel, atLeast(1), completed)";
          style=filled;
          fillcolor="#d3f9d8";
          class=completed;
          "clean" [label="clean"];
          subgraph "cluster_each-score" {
            label="each-score (each, strict, 8 at once)";
            "score" [label="score (running 2)", fillcolor="#d0ebff", class=running];
          }
          "stats" [label="stats (failed)", fillcolor="#ffe3e3", class=failed];
        }
        "train" [label="train (running, completed 3)", fillcolor="#d0ebff", class=running];
        "end" [label="end (pending)", fillcolor="#fff3bf", class=pending];
        "load" -> "clean" [lhead="cluster_features"];
        "score" -> "train" [ltail="cluster_features"];
        "clean" -> "score" [lhead="cluster_each-score"];
        "train" -> "end";
        "train" -> "train" [style=dashed, constraint=false];
        "train" -> "clean" [lhead="cluster_features", style=dashed, constraint=false];
      }
      "
    `);
  });

  it("lets no text break out", () => {
    expect(hostile.toDot()).toMatchInlineSnapshot(`
      "digraph "evil\\"; graph [label=\\"<b>\\"]" {
        compound=true;
        node [shape=box, style="rounded,filled", fillcolor=white];
        "a-b.c_d" [label="a-b.c_d", penwidth=2];
        subgraph "cluster_subgraph" {
          label="subgraph (parallel, critical(x\\"] --> y; %%{init: {}}%% <script>alert(1)</script> \\\\\\"  [31m  end  #quot;))";
          "end" [label="end"];
          "a--b" [label="a--b"];
        }
        "a-b.c_d" -> "end" [lhead="cluster_subgraph"];
      }
      "
    `);
  });
});

describe("every rendering", () => {
  it("takes a graph with problems, and an empty one", () => {
    const plan = new TaskGraph("empty").plan();
    expect([renderText(plan), renderMermaid(plan), renderDot(plan)].join("")).toContain("empty");
    expect(new TaskGraph("g").add(aTask("a", { next: ["zz"] })).toText()).toBe("g\n  a (start)\n");
  });
});
