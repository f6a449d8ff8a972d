/** How often an engine whose tasks wait asks for a list of all connections, to see whether anybody listens. */
const LISTS_PER_SECOND = 1 / 60;

/**
 * What so many engines and workers need of one Redis while nothing is done: connections, commands a second, the share of its processor
 * and the memory for the connections. Tasks come on top, each with `task.serverUs` of the processor.
 */
export function needsOf({ idle, listing, memory }, { engines, workers }) {
  const sum = (figure) => engines * idle.engine[figure] + workers * idle.worker[figure];
  const connections = sum("connections");
  const listingUs = engines * LISTS_PER_SECOND * connections * listing.us;
  return {
    connections,
    commands: sum("commands"),
    share: (sum("serverUs") + listingUs) / 1e6,
    memory: connections * memory.connection,
  };
}
