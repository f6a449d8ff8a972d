import { channelChanges } from "./channel-changes.js";
import { channelKeys } from "./channel-keys.js";
import { channelLifetimes } from "./channel-lifetimes.js";
import type { ChannelContractCase } from "./channel-support.js";
import { channelValues } from "./channel-values.js";

/** What every channel promises. `open` gives a new, empty channel and its time. */
export const channelContract: readonly ChannelContractCase[] = [...channelValues, ...channelKeys, ...channelChanges, ...channelLifetimes];
