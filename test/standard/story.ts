// The same classes as in ../legacy/story.ts, compiled by the other dialect.
import { task } from "../../src/authoring/task.js";
import { workflowDecorator as workflow } from "../../src/authoring/workflow-note.js";
import { TaskGraph } from "../../src/core/graph.js";
import type { TaskContext } from "../../src/core/task-context.js";
import { logged, type Story } from "../authoring/class-story.js";

type Ctx = TaskContext<{ paid: number }>;

@workflow("order", { version: 3 })
class Order {
  readonly currency: string = "EUR";
  @task({ start: true, next: ["pay", "weigh"] })
  async validate(_ctx: Ctx, amount: number) {
    return { amount };
  }
  @task({ name: "charge", next: "ship", retry: { maxRetries: 3 }, timeout: "30s" })
  async pay(_ctx: Ctx, order: { amount: number }) {
    return `${order.amount} ${this.currency}`;
  }
  @task({ after: "validate", next: "ship" })
  weigh(_ctx: Ctx) {
    return 7;
  }
  @task()
  async ship(_ctx: Ctx, parts: { readonly charge: string; readonly weigh?: number; readonly "weigh.twice"?: number }) {
    return parts.weigh ?? parts.charge.length;
  }
  @task()
  static audit(_ctx: Ctx) {
    return this.name;
  }
  helper() {
    return "no task";
  }
}

class Dollars extends Order {
  override readonly currency = "USD";
  override async pay(ctx: Ctx, order: { amount: number }) {
    return `$${await super.pay(ctx, order)}`;
  }
  @task({ next: "ship", name: "weigh.twice" })
  override weigh(_ctx: Ctx) {
    return 14;
  }
}

@workflow("wrapped")
class Wrapped {
  @logged
  @task({ start: true })
  async outer(_ctx: Ctx, text: string) {
    return text;
  }
}

@workflow("needs")
class Needs {
  constructor(readonly rate: number) {}
  @task()
  double(_ctx: Ctx, amount: number) {
    return amount * this.rate;
  }
}

class Nameless {
  @task()
  only(_ctx: Ctx) {}
}

function inGraph() {
  const graph = new TaskGraph("etl");
  class Steps {
    static readonly factor: number = 3;
    @task({ graph, next: "store" })
    static clean(_ctx: Ctx, amount: number) {
      return amount * this.factor;
    }
    @task({ graph })
    static store(_ctx: Ctx, amount: number) {
      return amount;
    }
  }
  return { graph, Steps };
}

const key = Symbol("key");
const bad: Story["bad"] = {
  symbol: () => {
    class C {
      // @ts-expect-error a task is found by its name
      @task()
      [key](_ctx: Ctx) {}
    }
    return C;
  },
  accessor: () => {
    class C {
      // @ts-expect-error an accessor is no task
      @task()
      get value() {
        return 1;
      }
    }
    return C;
  },
  bare: () => {
    class C {
      // @ts-expect-error the parentheses are missing
      @task
      run(_ctx: Ctx) {}
    }
    return C;
  },
  twice: () => {
    class C {
      @task()
      @task()
      run(_ctx: Ctx) {}
    }
    return C;
  },
  classItself: () => {
    // @ts-expect-error a class is no task
    @task()
    class C {}
    return C;
  },
  instanceInGraph: () => {
    const graph = new TaskGraph("g");
    class C {
      @task({ graph })
      run(_ctx: Ctx) {}
    }
    return C;
  },
  workflowOnMethod: () => {
    class C {
      // @ts-expect-error a method is no workflow
      @workflow("w")
      run(_ctx: Ctx) {}
    }
    return C;
  },
  underscore: () => {
    class C {
      @task()
      _run(_ctx: Ctx) {}
    }
    return C;
  },
};

export const story: Story = { Order, Dollars, Wrapped, Needs, Nameless, inGraph, bad };
