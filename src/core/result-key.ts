const SUFFIX = ".__result__";

/** The channel key under which the output of a task instance or group is kept. */
export const resultKey = (taskId: string): string => taskId + SUFFIX;

/** Whether a channel key holds the output of a task, which only the engine writes. */
export const isResultKey = (key: string): boolean => key.endsWith(SUFFIX);

/** The task instance or group whose output a result key holds. */
export const resultOwner = (key: string): string => key.slice(0, -SUFFIX.length);
