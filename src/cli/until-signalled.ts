import { onProcessSignals } from "../host/process-signals.js";
import type { Say } from "./terminal.js";

/** What runs until a signal ends it. */
interface Service {
  /** A line on how it is. */
  readonly health: () => string;
  /** What is under way when it ends. */
  readonly running: () => string;
  readonly close: () => Promise<void>;
}

/** Says how a service is now and then, and ends it in good order at a signal. */
export async function untilSignalled(command: string, service: Service, healthMs: number, begun: string, say: Say): Promise<void> {
  const signalled = new Promise<string>((resolve) => onProcessSignals(["SIGTERM", "SIGINT"], resolve));
  say(`cairn ${command} ${begun}`);
  const health = setInterval(() => say(service.health()), healthMs);
  const signal = await signalled;
  clearInterval(health);
  say(`cairn ${command} ends at ${signal}: ${service.running()} under way`);
  await service.close();
  say(service.health());
}

/** As in "3 workflows". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
