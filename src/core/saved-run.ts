/** A task of a saved run that has not completed, as a migration sees it. */
export interface SavedRunTask {
  /** Tells it from others; what it has comes back under it. */
  readonly id: string;
  readonly status: "pending" | "failed";
  readonly cycle: number;
  readonly attempt: number;
  /** The name of the task; another name has another task of the workflow run in its place. */
  task: string;
  /** What it gets; frozen, so replace it to change it. */
  input: unknown;
}

/**
 * A saved run as a migration changes it, in place. Values are frozen: replace them to change them.
 *
 * ```ts
 * workflow("training", flow, { version: 2, migrate: { 2: (saved) => { saved.channel.lr = saved.channel.learningRate } } });
 * ```
 */
export interface SavedRun {
  readonly runId: string;
  /** The version of the workflow that the migration starts from. */
  readonly version: number;
  /** The channel's values by key; add, replace or delete them. */
  readonly channel: Record<string, unknown>;
  /** Results of tasks, by the name of the task today. */
  readonly results: Record<string, unknown>;
  /** Tasks that wait or have failed. None can be added or removed. */
  readonly tasks: readonly SavedRunTask[];
}

/** Carries a saved run from the version before to the one it stands under in `migrate`. */
export type Migration = (saved: SavedRun) => void;
