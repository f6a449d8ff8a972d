import { appendFileSync } from "node:fs";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import { told } from "./told-span.js";

/** Writes each span down as it ends, so that it is there whatever becomes of its process. */
class FileExporter implements SpanExporter {
  constructor(private readonly file: string) {}

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    for (const span of spans) appendFileSync(this.file, `${JSON.stringify(told(span))}\n`);
    done({ code: 0 });
  }

  async shutdown(): Promise<void> {}
}

/** Sets the SDK of this process, or thread, up as a program would; spans go to the file that the environment names. */
export function exportSpans(): void {
  const file = process.env["SPANS_FILE"] ?? "";
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new FileExporter(file))] }));
}
