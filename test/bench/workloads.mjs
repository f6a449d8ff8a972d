import { short } from "./statistics.mjs";

const KB = 1_024;
const MB = 1_024 * KB;

const most = (what, found, limit) => ({ what, found, limit, reached: found <= limit });
const inMemory = ["bare loop", "mini engine"];
const onDisk = ["full write + fdatasync", "1 KB delta + fdatasync", "a folder of three files, synced"];

/**
 * What is measured: `story` is the function of a contender, `measure` how `measure.mjs` runs it, `floors` what is measured beside
 * it, `targets` what is to be reached. `peers`: how often a peer, which is slower, does it (no number: not measured).
 */
export const WORKLOADS = [
  {
    id: "W1",
    title: "chain of 1,000 no-op tasks",
    story: "chain",
    measure: "timed",
    n: 1_000,
    peers: 200,
    unit: "us per task",
    floors: inMemory,
    targets: ({ own, floors }) => [
      most("us", own.value, 1.5),
      ...(floors["mini engine"] ? [most("mini engines", own.value / floors["mini engine"].value, 7)] : []),
    ],
  },
  {
    id: "W2",
    title: "one task queued again 100,000 times",
    story: "loop",
    measure: "timed",
    n: 100_000,
    peers: 2_000,
    unit: "us per iteration",
    floors: inMemory,
    targets: ({ own }) => [most("us", own.value, 1.5)],
  },
  {
    id: "W2-million",
    title: "the same 1,000,000 times: the last 100,000 against the first",
    story: "loop",
    measure: "steady",
    n: 1_000_000,
    unit: "us per iteration",
    floors: [],
    targets: ({ own }) => [
      most("times the cost at the start", own.value / own.first, 1.5),
      most("MB of heap more than at 10,000", own.growth / MB, 5),
      most("bytes of heap per iteration", own.perIteration, 1),
    ],
  },
  ...["parallel", "each"].flatMap((story) => [
    {
      id: `W3-${story}`,
      title: `1 -> 10,000 -> join, \`${story}\``,
      story,
      measure: "timed",
      n: 10_000,
      ...(story === "each" ? { peers: 1_000 } : {}),
      unit: "us per task",
      floors: inMemory,
      targets: ({ own }) => [most("us", own.value, 2.5)],
    },
    {
      id: `W3-${story}-100k`,
      title: `1 -> 100,000 -> join, \`${story}\``,
      story,
      measure: "timed",
      n: 100_000,
      unit: "us per task",
      floors: inMemory,
      targets: ({ own, others }) => [
        most("us", own.value, 2.5),
        ...(others[`W3-${story}`] ? [most("times the cost of one of 10,000", own.value / others[`W3-${story}`].value, 1.5)] : []),
      ],
    },
  ]),
  {
    id: "W4a",
    title: "`ctx.checkpoint()` in each of 1,000 iterations, 10 KB of state",
    story: "checkpoints",
    measure: "durable",
    n: 1_000,
    chunks: 10,
    unit: "ms per checkpoint",
    floors: onDisk,
    peers: 200,
    targets: ({ own, floors }) => [
      most("times one full write + fdatasync", own.value / floors["full write + fdatasync"]?.value, 5),
      most("times as much in the last tenth as in the first", own.late / own.early, 1.5),
    ],
  },
  {
    id: "W4b",
    title: "the same with 1 MB of state, of which 1 KB changes",
    story: "checkpoints",
    measure: "durable",
    n: 1_000,
    chunks: 1_024,
    unit: "ms per checkpoint",
    floors: onDisk,
    peers: 200,
    targets: ({ own, floors }) => [
      most("times one 1 KB delta + fdatasync", own.value / floors["1 KB delta + fdatasync"]?.value, 7),
      most("KB on disk per checkpoint", own.bytes / KB, 8),
      most("times as much in the last tenth as in the first", own.late / own.early, 1.5),
    ],
  },
  {
    id: "W4a-step",
    title: '`durability: "step"`, 1,000 iterations, 10 KB of state, of which 1 KB changes',
    story: "steps",
    measure: "durable",
    n: 1_000,
    chunks: 10,
    unit: "ms per step",
    floors: onDisk,
    targets: ({ own, floors }) => [
      most("times one full write + fdatasync", own.value / floors["full write + fdatasync"]?.value, 1.5),
      most("times as much in the last tenth as in the first", own.late / own.early, 1.5),
    ],
  },
  {
    id: "W4b-step",
    title: "the same with 1 MB of state, of which 1 KB changes",
    story: "steps",
    measure: "durable",
    n: 1_000,
    chunks: 1_024,
    unit: "ms per step",
    floors: ["1 KB delta + fdatasync"],
    targets: ({ own, floors }) => [most("times one 1 KB delta + fdatasync", own.value / floors["1 KB delta + fdatasync"]?.value, 3)],
  },
  {
    id: "W4c",
    title: "a log that grows by 150 bytes in each of 1,000 iterations, with full history",
    story: "log",
    measure: "durable",
    n: 1_000,
    peers: 1_000,
    unit: "ms per iteration",
    floors: [],
    targets: ({ own }) => [most("KB on disk for 1,000 iterations", (own.bytes * 1_000) / KB, 500)],
  },
  {
    id: "W5a",
    title: "resume with 10,000 pending tasks",
    story: "Pending",
    measure: "resume",
    n: 10_000,
    unit: "ms",
    floors: ["bare loop"],
    targets: ({ own }) => [most("ms", own.value, 25)],
  },
  {
    id: "W5b",
    title: "resume with 1 MB of state, after 10,000 iterations and 100 checkpoints",
    story: "State",
    measure: "resume",
    n: 10_000,
    chunks: 1_024,
    unit: "ms",
    floors: ["bare loop"],
    targets: ({ own }) => [most("ms", own.value, 12)],
  },
  {
    id: "W6",
    title: "`each` of 5,000 no-op tasks as jobs of BullMQ, one worker process, 50 at a time",
    story: "queue",
    measure: "timed",
    n: 5_000,
    unit: "us per task",
    floors: ["bare BullMQ"],
    targets: ({ own, floors }) => [most("times bare BullMQ", own.value / floors["bare BullMQ"]?.value, 2)],
  },
  {
    id: "W7",
    title: "root import over bare node; core; install",
    measure: "package",
    unit: "ms",
    floors: [],
    targets: ({ own }) => [
      most("ms", own.value, 60),
      most("KB of gzip", own.gzip / KB, 25),
      most("MB installed", own.installed / MB, 2),
      most("packages", own.packages, 5),
    ],
  },
  {
    id: "W8",
    title: "1,000,000 pending tasks, run in 1 GB",
    measure: "pending",
    n: 1_000_000,
    heapMB: 1_024,
    unit: "bytes per task",
    floors: [],
    targets: ({ own }) => [most("bytes per task", own.value, 500)],
  },
];

/** What a target says and whether it is reached. */
export const targetText = ({ what, found, limit, reached }) => `${reached ? "" : "**not** "}${short(found)} of at most ${limit} ${what}`;
