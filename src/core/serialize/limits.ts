/** How many levels of containers a value may have: superjson recurses, and from about 1,500 on the stack may not hold it. */
export const DEPTH_LIMIT = 1_000;

/** How many levels are read: groups and joins put values into records and lists of their own, each a level or two. */
export const READ_DEPTH_LIMIT = 1_050;

/** How many parts a value may have; a part used in two places counts twice, because it is written twice. */
export const PART_LIMIT = 5_000_000;

/** The sum of the depths of all rich parts: superjson walks from the root to each of them, so this bounds its work. */
export const WORK_LIMIT = 20_000_000;

/** How many digits a bigint may have: turning them into a number takes more than linear time. */
export const BIGINT_DIGITS = 10_000;

/**
 * Up to how many elements an array is searched for non-enumerable properties, and a typed array for any property at all:
 * beyond, the search would cost more than the copy.
 */
export const CLOSE_LOOK = 1_000;

/** Whether a key could change a prototype when it is assigned: such keys are refused wherever they stand. */
export function isForbiddenKey(key: string): boolean {
  return key === "__proto__" || key === "constructor" || key === "prototype";
}

/** How a value is handed out: 0 is plain JSON and shared, 1 has rich primitives and is shared, 2 is a new copy for each reader. */
export type Level = 0 | 1 | 2;
export const PLAIN: Level = 0;
export const SHARED: Level = 1;
export const PRIVATE: Level = 2;
