const deeper = (depth) => deeper(depth + 1) + 1;

export default async function handle() {
  return { events: [], response: { data: String(deeper(0)) } };
}
