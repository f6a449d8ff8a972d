import {
  ExecutionContext,
  MemoryCheckpointStore,
  openCheckpointStore,
  run,
  type TaskContext,
  TaskGraph,
  task,
  workflow,
  workflowOf,
} from "cairnflow";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readOrders } from "../../examples/order-machine/order.js";
import { OrderMachine } from "../../examples/order-machine/order-machine.js";
import { Payments } from "../../examples/order-machine/payments.js";
import { Warehouse } from "../../examples/order-machine/warehouse.js";
import { training } from "../../examples/training-loop/training.js";
import { recordTimeline, report } from "../../src/inspector/index.js";
import { launchBrowser } from "./browser.js";
import { HostileHistory, hostileTimeline } from "./hostile-run.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 600_000); // The first start may have to install it.
afterAll(() => browser.close());

/** A page that is not allowed anything, and what it tried. */
async function watched(
  html: string,
  width: number,
  colorScheme: "light" | "dark",
): Promise<{ readonly page: Page; readonly tried: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  onTestFinished(() => page.close());
  const tried: string[] = [];
  await page.route("**/*", async (route) => {
    if (route.request().url() === ADDRESS) return route.fulfill({ contentType: "text/html; charset=utf-8", body: html });
    tried.push(`request ${route.request().url()}`);
    return route.abort();
  });
  page.on("console", (message) => tried.push(`console ${message.text()}`));
  page.on("pageerror", (error) => tried.push(`error ${error.message}`));
  page.on("dialog", async (dialog) => {
    tried.push(`dialog ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.goto(ADDRESS, { waitUntil: "networkidle" });
  return { page, tried };
}

const ADDRESS = "http://report.test/";

async function orderReport(): Promise<string> {
  const store = new MemoryCheckpointStore();
  const machine = workflowOf(new OrderMachine(new Payments(7), new Warehouse({ lamp: 10, desk: 2, chair: 3, shelf: 4 })));
  const [order] = await readOrders(new URL("../../examples/order-machine/orders.jsonl", import.meta.url));
  const recorder = recordTimeline();
  await ExecutionContext.create(machine, { runId: "order", seed: "s", checkpoints: { store }, events: recorder.listeners }).run(order);
  return report(store, "order", { timeline: recorder.timeline() });
}

async function trainingReport(): Promise<string> {
  const [store, recorder] = [new MemoryCheckpointStore(), recordTimeline()];
  const params = { epochs: 30, batchSize: 32, learningRate: 0.1, restMs: 0 };
  await run(training, params, { runId: "iris", checkpoints: { store }, events: recorder.listeners });
  return report(store, "iris", { timeline: recorder.timeline(), values: true });
}

async function largeReport(): Promise<string> {
  const graph = new TaskGraph("two hundred");
  const tasks = Array.from({ length: 200 }, (_, i) => task(`task-${i}`, (_ctx: TaskContext, _input: unknown) => i));
  for (const one of tasks) graph.add(one);
  for (const [index, one] of tasks.entries()) if (index > 0) graph.edge(tasks[Math.floor((index - 1) / 3)]!, one);
  const [store, recorder] = [new MemoryCheckpointStore(), recordTimeline()];
  await run(graph, 1, { runId: "large", checkpoints: { store, every: { steps: 20 } }, events: recorder.listeners });
  return report(store, "large", { timeline: recorder.timeline() });
}

async function hostileReport(): Promise<string> {
  const store = new MemoryCheckpointStore();
  await run(
    workflow(
      "w",
      task("one", (ctx: TaskContext) => void ctx.checkpoint()),
    ),
    undefined,
    { checkpoints: { store }, runId: "r" },
  );
  return report(new HostileHistory(openCheckpointStore(store)), "r", { timeline: hostileTimeline, values: true });
}

const REPORTS = { order: orderReport, training: trainingReport, large: largeReport, hostile: hostileReport };

describe("the watch on a page", () => {
  it("notices requests, scripts, dialogs and complaints", async () => {
    const page = `<img src="/x.png"><script>console.log("ran"); alert("hello"); throw new Error("thrown")</script>`;
    const { tried } = await watched(page, 400, "light");
    for (const what of ["request http://report.test/x.png", "console ran", "dialog hello", "error thrown"]) expect(tried).toContain(what);
  });
});

describe.each(Object.keys(REPORTS) as (keyof typeof REPORTS)[])("the report of a run (%s), in a browser", (name) => {
  it.each([
    [400, "dark"],
    [1_200, "light"],
  ] as const)(
    "asks for nothing, runs nothing, complains of nothing, and shows its pictures: %i pixels, %s",
    { timeout: 60_000 },
    async (width, scheme) => {
      const { page, tried } = await watched(await REPORTS[name](), width, scheme);
      expect(tried).toEqual([]);
      expect(await page.evaluate("window.harmed")).toBeUndefined();
      expect(await page.locator("script, img, iframe, object, embed, link, form, foreignObject").count()).toBe(0);
      const pictures = page.locator("svg");
      expect(await pictures.count()).toBeGreaterThanOrEqual(3);
      for (const picture of await pictures.all()) {
        const box = await picture.boundingBox();
        expect((box?.width ?? 0) * (box?.height ?? 0)).toBeGreaterThan(10_000);
        expect(await picture.locator("rect, path, circle, line").count()).toBeGreaterThan(2);
      }
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      expect((await page.screenshot({ fullPage: true })).length).toBeGreaterThan(20_000);
    },
  );
});

describe("the texts of a picture", () => {
  it("stay inside the boxes of their tasks, as a browser measures them", { timeout: 60_000 }, async () => {
    const { page } = await watched(await hostileReport(), 1_200, "light");
    const beyond = await page.evaluate(`[...document.querySelectorAll("svg g")]
      .filter((group) => /^task /.test(group.querySelector(":scope > title")?.textContent ?? "") && group.querySelector(":scope > rect"))
      .filter((group) => {
        const box = group.querySelector(":scope > rect").getBoundingClientRect();
        return [...group.querySelectorAll("text")].some((text) => text.getBoundingClientRect().width > box.width);
      })
      .map((group) => group.textContent)`);
    expect(beyond).toEqual([]);
  });

  it("are in other colours where the dark ones are preferred", async () => {
    const html = await orderReport();
    const colours = async (scheme: "light" | "dark") => {
      const { page } = await watched(html, 800, scheme);
      return page.evaluate(
        `[...document.querySelectorAll("body, svg, .cf-bg")].map((one) => getComputedStyle(one).color + getComputedStyle(one).fill)`,
      );
    };
    expect(await colours("dark")).not.toEqual(await colours("light"));
  });
});
