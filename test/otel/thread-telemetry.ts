// What watches bodies in threads, and the run they are of.
import { telemetry as watching } from "../../src/otel/index.js";
import { exportSpans } from "./file-exporter.js";

exportSpans();
export const telemetry = watching();
