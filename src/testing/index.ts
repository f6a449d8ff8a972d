/** Tools for testing workflows, and the contracts that adapters of this library pass. */

// Contracts: every promise of a port as data, for any test runner.
export { channelContract } from "./channel-contract.js";
export type { ChannelContractCase, ChannelUnderTest } from "./channel-support.js";
export { type ContractCase, checkpointStoreContract } from "./checkpoint-store-contract.js";
// Time.
export { type PendingTimer, type SimulatedClock, type SimulatedClockOptions, simulatedClock } from "./simulated-clock.js";
export { taskBoardContract } from "./task-board-contract.js";
export type { BoardStoreUnderTest, TaskBoardContractCase } from "./task-board-support.js";
