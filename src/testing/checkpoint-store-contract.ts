import { basicCases } from "./checkpoint-store-basics.js";
import { fenceCases } from "./checkpoint-store-fences.js";
import { journalCases } from "./checkpoint-store-journals.js";
import { ownerCases } from "./checkpoint-store-owners.js";
import { pruneCases } from "./checkpoint-store-pruning.js";
import type { ContractCase } from "./checkpoint-store-support.js";

export type { ContractCase } from "./checkpoint-store-support.js";

/** What every `CheckpointStore` promises. */
export const checkpointStoreContract: readonly ContractCase[] = [
  ...basicCases,
  ...fenceCases,
  ...pruneCases,
  ...ownerCases,
  ...journalCases,
];
