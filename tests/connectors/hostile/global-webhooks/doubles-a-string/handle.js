export default async function handle() {
  let text = 'x';
  for (;;) text += text;
}
