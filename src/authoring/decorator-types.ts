import type { AnyBody } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import type { Fits, JoinFits } from "./fits.js";

/** What a task body takes beside its context; anything, if it takes only that. */
type BodyInput<Body> = Body extends (ctx: never, input: infer Input) => unknown ? Input : never;

type SignatureProblem<Args extends readonly unknown[]> = Args extends readonly [unknown?, unknown?]
  ? Args extends readonly [infer Ctx, ...unknown[]]
    ? TaskContext extends Ctx
      ? never
      : Ctx extends TaskContext<infer _State>
        ? never
        : BadSignature<Args>
    : never
  : BadSignature<Args>;

interface BadSignature<Args> {
  readonly "a task takes (ctx: TaskContext, input)": Args;
}

type NextProblem<This, Output, Key, Next extends string> = {
  [Name in Next]: Name extends keyof This
    ? This[Name] extends AnyBody
      ? true extends Fits<Output, BodyInput<This[Name]>> | JoinFits<Output, BodyInput<This[Name]>, Key>
        ? never
        : { readonly "next is": Name; readonly "output of this task": Output; readonly "input of the next task": BodyInput<This[Name]> }
      : { readonly "next is no method": Name }
    : { readonly "next names no public method of this class": Name };
}[Next];

/** `void` if the decorator fits, else what is wrong, in words that the compiler will print. `next` of type `string` is not checked. */
type Checked<This, Args extends readonly unknown[], Output, Key, Next extends string> = [SignatureProblem<Args>] extends [never]
  ? string extends Next
    ? void
    : [Next] extends [never]
      ? void
      : [NextProblem<This, Awaited<Output>, Key, Next>] extends [never]
        ? void
        : NextProblem<This, Awaited<Output>, Key, Next>
  : SignatureProblem<Args>;

/**
 * What `@task(options)` returns: decorates methods in the standard and in the legacy dialect, and arrow function fields in the standard
 * one. `Next` are the methods that `next` names: each must be a method of the class that takes what this one gives.
 */
export interface TaskDecorator<Next extends string = never, Name extends string = never> {
  <This, Args extends readonly unknown[], Output, Key extends string>(
    method: (this: This, ...args: Args) => Output,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Output> & { readonly name: Key; readonly private: false },
  ): Checked<This, Args, Output, OwnName<Name, Key>, Next>;
  <This, Args extends readonly unknown[], Output, Key extends string>(
    field: undefined,
    context: ClassFieldDecoratorContext<This, (...args: Args) => Output> & { readonly name: Key; readonly private: false },
  ): FieldDecorator<This, (...args: Args) => Output, Checked<This, Args, Output, OwnName<Name, Key>, Next>>;
  <Owner extends object, Key extends string, Args extends readonly unknown[], Output>(
    owner: Owner,
    key: Key,
    descriptor: TypedPropertyDescriptor<(...args: Args) => Output>,
  ): Checked<Owner, Args, Output, OwnName<Name, Key>, Next>;
}

/** What a task is called: its option `name`, or the name of the method. */
type OwnName<Name, Key> = [Name] extends [never] ? Key : Name;

type FieldDecorator<This, Body, Verdict> = Verdict extends void ? (this: This, body: Body) => Body : Verdict;
