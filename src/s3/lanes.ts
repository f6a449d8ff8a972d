const LANES = 16;

/** Does something for each of many, a few at a time; gives the results in order. Waits for all of them before it fails. */
export async function inLanes<Item, Result>(items: readonly Item[], action: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [place, item] of queue) results[place] = await action(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(LANES, items.length) }, lane));
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
  return results;
}

/** For cleaning up: what cannot be removed now is left to the next owner of the run, or to its deletion. */
export async function quietly(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch {
    return;
  }
}
