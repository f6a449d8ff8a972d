/** When checkpoints are taken besides those that tasks ask for, and what a failed one means. */
export interface CheckpointPolicy {
  /** After each task, after so many steps, or when so many milliseconds have passed at the end of a step. */
  readonly every: "task" | { readonly steps: number } | { readonly ms: number } | null;
  /** Whether a run that fails leaves a checkpoint. */
  readonly onError: boolean;
  /** `fail`: a checkpoint that cannot be written fails the run. `warn`: the run goes on with a warning. */
  readonly onFailure: "fail" | "warn";
}
