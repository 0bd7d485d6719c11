export default async function handle() {
  return {
    get events() {
      for (;;);
    },
  };
}
