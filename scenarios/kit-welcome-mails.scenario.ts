import { chain, type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, returns, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface User {
  readonly name: string;
}
interface State {
  active: boolean;
}
const DAYS = [0, 1, 3, 7, 14];

/** A mail service, which a test has to replace. */
const send = task("send", { retry: 2 }, (_ctx: TaskContext, mail: string): string => {
  throw new Error(`no mail service to send ${mail} with`);
});
const signUp = task("signUp", (_ctx: TaskContext, name: string): User => ({ name }));
/** A mail on each of these days, until the user is active. */
const welcome = task("welcome", async (ctx: TaskContext<State>, user: User) => {
  const [before = 0, day = 0] = [DAYS[ctx.cycle - 2], DAYS[ctx.cycle - 1]];
  await ctx.sleep((day - before) * 86_400_000);
  if (await ctx.channel.get("active")) return "active";
  ctx.nextTask(send, { input: `day ${day} for ${user.name}`, id: `mail-${day}` });
  ctx.checkpoint({}, { name: `day-${day}` });
  if (ctx.cycle < DAYS.length) ctx.nextIteration(user);
  return "silent";
});
const sequence = workflow("sequence", chain(signUp, welcome), { tasks: [send] });

/** Takes every mail, and keeps it. */
function postbox() {
  const mails: unknown[] = [];
  return { mails, mocks: { send: (_ctx: TaskContext, mail: unknown) => mails.push(mail) } };
}

describe("welcome mails", () => {
  it("are sent on their days to who stays silent", async () => {
    const { mails, mocks } = postbox();
    const story = scenario(sequence, { input: "Eve", mocks });
    expect((await story.toEnd()).output).toBe("silent");
    expect(mails).toEqual(DAYS.map((day) => `day ${day} for Eve`));
    const sent = story.trace.filter(({ name }) => name === "send");
    expect(sent.map(({ task, at }) => [task, at / 86_400_000])).toEqual(DAYS.map((day) => [`mail-${day}`, day]));
  });

  it("end when the user is active", async () => {
    const { mails, mocks } = postbox();
    const story = scenario(sequence, { input: "Eve", mocks });
    await story.advance("4d");
    await story.channel.set("active", true);
    expect((await story.toEnd()).output).toBe("active");
    expect(mails).toHaveLength(3);
    expect(story.trace.at(-1)).toMatchObject({ task: "welcome", cycle: 4, at: 7 * 86_400_000 });
  });

  it("are not sent twice by a process that died after the third and was started again", async () => {
    const { mails, mocks } = postbox();
    const story = scenario(sequence, { input: "Eve", mocks, durability: "step" });
    await story.after("send");
    await story.after("send");
    await story.after("send");
    story.kill();
    const later = await resumeScenario(sequence, { from: story.store, clock: story.clock, mocks, durability: "step" });
    await later.toEnd();
    expect(mails).toEqual(DAYS.map((day) => `day ${day} for Eve`));
  });

  it("fail the run when the mail service fails for good", async () => {
    const story = scenario(sequence, { input: "Eve", mocks: { send: returns("sent") } });
    await expect(story.toEnd()).rejects.toMatchObject({ taskId: "mail-1", cause: { code: "USAGE" } });
    const real = scenario(sequence, { input: "Eve" });
    await expect(real.toEnd()).rejects.toMatchObject({ taskId: "mail-0", attempts: 3 });
  });
});
