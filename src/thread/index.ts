/** Bodies of tasks in threads of this process. */

export { type ThreadRunner, type ThreadRunnerOptions, threadRunner } from "./thread-runner.js";
