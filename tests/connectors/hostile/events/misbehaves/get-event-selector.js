const WAYS = {
  spins() {
    for (;;);
  },
  recurses() {
    return WAYS.recurses() + 1;
  },
  allocates() {
    const kept = [];
    for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
  },
  'returns-much': () => ({ globalWebhookKey: 'spins', globalWebhookEventSelector: 'x'.repeat(1 << 20) }),
  'returns-nothing': () => undefined,
};

export default async function getEventSelector({ parameters }) {
  return WAYS[parameters.how]();
}
