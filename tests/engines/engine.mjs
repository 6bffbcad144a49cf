// Answers what an engine does with a rule file: `node engine.mjs netlify`. Each line of standard input is one
// question, `{"file": …, "requests": [{"target", "host", "scheme", "headers"}]}`, and each line of output its
// answer: a list with one element a request, or `{error}` if the engine rejects the file. An element is null,
// `{status, location, waits, rule}` or `{error}`. `rule` is the number of a line or an entry, from 1. The
// process ends with its input.
import { createInterface } from "node:readline";

const { open } = await import(`./${process.argv[2]}.mjs`);
for await (const line of createInterface({ input: process.stdin })) {
  const { file, requests } = JSON.parse(line);
  let answers;
  try {
    const decide = await open(file);
    answers = requests.map((request) => {
      try {
        return decide(request);
      } catch (error) {
        return { error: String(error) };
      }
    });
  } catch (error) {
    answers = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
