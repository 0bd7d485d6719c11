// Markdown to HTML
import { marked } from 'marked';

export default function work() {
  return marked.parse('# Größe\n\n- a *b* `c`\n- [x](https://e.x "t")\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n```js\nx < 1\n```\n');
}
