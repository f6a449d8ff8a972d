import { expect, it } from "vitest";
import { publicNames, writtenNames } from "./public-names.mjs";

it("exports exactly the names in public-names.txt", () => {
  const now = publicNames();
  const before = writtenNames();
  const difference = [
    ...now.filter((name) => !before.includes(name)).map((name) => `+ ${name}`),
    ...before.filter((name) => !now.includes(name)).map((name) => `- ${name}`),
  ];
  const advice = "the public names changed; if that is meant, run `npm run names` and commit test/architecture/public-names.txt";
  expect(difference, `${advice}\n${difference.join("\n")}`).toEqual([]);
});
