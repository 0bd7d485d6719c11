// Answers with what is not as it should be: nothing, on any engine.
import { language } from './language.js';
import { memory } from './memory.js';
import { promises } from './promises.js';
import { web } from './web.js';

export default async function handle() {
  const wrong = [];
  for (const [name, run, expected] of [...language, ...memory, ...promises, ...web]) {
    const found = await outcome(run);
    if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push({ name, found, expected });
  }
  return { response: { data: wrong } };
}

async function outcome(run) {
  try {
    return await run();
  } catch (error) {
    return `thrown: ${error.name}`;
  }
}
