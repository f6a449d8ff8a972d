/** What a task without a result hands on. */
type AsValue<Output> = Output extends void ? undefined : Output;

/** Whether what one task gives can be what the next one takes. */
export type Fits<Output, Input> = [Output] extends [Input] ? true : [AsValue<Output>] extends [Input] ? true : false;

/** Whether an output can be the entry `Name` of the record that a join takes. A name of no literal type is not checked. */
export type JoinFits<Output, Input, Name> = string extends Name
  ? true
  : Name extends keyof Input
    ? Fits<Output, Exclude<Input[Name], undefined>> | Fits<Output, Input[Name]>
    : false;
