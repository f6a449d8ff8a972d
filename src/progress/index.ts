/** Progress of a run in the terminal. */

export { type ProgressBar, type ProgressSource, progressBar } from "./progress-bar.js";
export type { ProgressOptions } from "./progress-options.js";
export type { ProgressStream } from "./progress-stream.js";
