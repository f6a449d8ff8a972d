/** What the process ends with. These numbers do not change. */
export const EXIT = {
  done: 0,
  failed: 1,
  askedWrongly: 2,
  notFound: 3,
  stopped: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What the numbers say, those of signals included, for people. */
export const EXIT_TEXTS: readonly (readonly [code: number, text: string])[] = [
  [EXIT.done, "what was asked for is done; also when nobody reads the output any more, as in `cairn runs | head -1`"],
  [
    EXIT.failed,
    "it has failed: a run failed, damage was found, a checkpoint does not fit, a server does not answer, the output cannot be written",
  ],
  [
    EXIT.askedWrongly,
    "it was asked wrongly: an unknown command, option, module, workflow or key of the configuration, or a value out of range",
  ],
  [EXIT.notFound, "what was named is not there: a run, a checkpoint, a store, a task of a board"],
  [EXIT.stopped, "the run was stopped in good order, and can be resumed"],
  [130, "a second Ctrl-C ended it at once (143: a second SIGTERM)"],
];
