import { setImmediate } from "node:timers/promises";

/** File operations of the host that a run waits for: their end is not a matter of turns. */
const FILE_WORK = /^(FSReq|CloseReq)/;

/** Lets everything happen that can happen without more time: promises, so many turns of the event loop, files being written. */
export async function hostQuiet(turns: number): Promise<void> {
  for (let quiet = 0; quiet < turns; quiet++) {
    await setImmediate();
    if (process.getActiveResourcesInfo().some((resource) => FILE_WORK.test(resource))) quiet = -1;
  }
}
