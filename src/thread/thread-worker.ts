/** Runs in the threads of a `threadRunner`: imports the modules its operator named, and runs the bodies of their tasks. */
import { workerData } from "piscina";
import { workflowsIn } from "../authoring/workflows-in.js";
import { toErrorRecord } from "../core/error-record.js";
import { UnservedJob } from "../core/task-runner.js";
import { checkedTelemetry, type Telemetry } from "../core/telemetry.js";
import { AskedChannel } from "../engine/asked-channel.js";
import { runJob, type Workplace } from "../engine/run-job.js";
import { systemHost } from "../host/system-host.js";
import { PortDesk, type ThreadJob, type ThreadModules, type ThreadResult } from "./thread-port.js";

const { modules, telemetry } = workerData as ThreadModules;
const host = systemHost();
const place = workplace().catch((error: unknown) => {
  const { name, message } = toErrorRecord(error);
  return new UnservedJob(`the modules named for threads cannot be used: ${name}: ${message}`);
});

async function workplace(): Promise<Workplace> {
  const exported = await Promise.all(modules.map((module) => import(module) as Promise<object>));
  return {
    host,
    workflows: workflowsIn(exported),
    telemetry: telemetry === null ? null : await telemetryIn(telemetry),
    channelOf: (_, desk) => new AskedChannel(desk, host.clock),
  };
}

async function telemetryIn(module: string): Promise<Telemetry | null> {
  const exported = (await import(module)) as { readonly telemetry?: unknown };
  return checkedTelemetry(exported.telemetry ?? null, "a thread");
}

/** Runs one job to its end. */
export async function work({ job, port }: ThreadJob): Promise<ThreadResult> {
  const desk = new PortDesk(port);
  try {
    const here = await place;
    if (here instanceof UnservedJob) throw here;
    return { outcome: await runJob(job, here, desk) };
  } catch (error) {
    if (error instanceof UnservedJob) return { unserved: error.message };
    throw error;
  } finally {
    desk.close();
  }
}
