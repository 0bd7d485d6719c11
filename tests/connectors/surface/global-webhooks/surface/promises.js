// Promises, timers and the order in which things happen.
const order = async (start) => {
  const seen = [];
  await start((each) => seen.push(each));
  return seen;
};

export const promises = [
  ['jobs run in their order', () => order(async (see) => {
    const first = Promise.resolve().then(() => see('a')).then(() => see('c'));
    queueMicrotask(() => see('b'));
    see('now');
    await first;
  }), ['now', 'a', 'b', 'c']],
  ['a promise given to a promise takes two jobs more', () => order(async (see) => {
    const slow = new Promise((resolve) => resolve(Promise.resolve())).then(() => see('slow'));
    Promise.resolve().then(() => see(1)).then(() => see(2)).then(() => see(3));
    await slow;
  }), [1, 2, 'slow', 3]],
  ['all', () => Promise.all([1, Promise.resolve(2), new Promise((resolve) => setTimeout(resolve, 1, 3))]), [1, 2, 3]],
  ['all rejects with the first', () => Promise.all([Promise.reject(new RangeError()), Promise.reject(new TypeError())]), 'thrown: RangeError'],
  ['allSettled', () => Promise.allSettled([1, Promise.reject(2)]), [{ status: 'fulfilled', value: 1 }, { status: 'rejected', reason: 2 }]],
  ['any', () => Promise.any([Promise.reject(1), Promise.resolve(2)]), 2],
  ['any of none', () => Promise.any([Promise.reject(1)]), 'thrown: AggregateError'],
  ['race', () => Promise.race([new Promise((resolve) => setTimeout(resolve, 30, 'late')), new Promise((resolve) => setTimeout(resolve, 1, 'early'))]), 'early'],
  ['withResolvers', () => {
    const { promise, resolve } = Promise.withResolvers();
    resolve('yes');
    return promise;
  }, 'yes'],
  ['finally keeps the value', () => Promise.resolve(1).finally(() => 2), 1],
  ['finally may throw', () => Promise.resolve(1).finally(() => { throw new TypeError(); }), 'thrown: TypeError'],
  ['anything with `then` is awaited', async () => await { then: (resolve) => resolve('then') }, 'then'],
  ['only the first outcome counts', () => new Promise((resolve, reject) => { resolve(1); reject(2); throw 3; }), 1],
  ['a promise of itself', () => { const self = Promise.resolve().then(() => self); return self; }, 'thrown: TypeError'],
  ['classes of promises', async () => {
    class Mine extends Promise {}
    const mine = Mine.resolve(4).then((each) => each + 1);
    return [mine instanceof Mine, mine instanceof Promise, await mine];
  }, [true, true, 5]],
  ['what a promise is', () => [Object.prototype.toString.call(Promise.resolve()), Promise.name, (async () => {})() instanceof Promise], ['[object Promise]', 'Promise', true]],
  ['timers run in the order in which they are due', () => order((see) => new Promise((resolve) => {
    setTimeout(() => { see('last'); resolve(); }, 20);
    setTimeout(see, 10, 'middle');
    clearTimeout(setTimeout(see, 5, 'never'));
    setTimeout(see, 0, 'first');
  })), ['first', 'middle', 'last']],
  ['intervals repeat until they are cleared', () => order((see) => new Promise((resolve) => {
    let left = 3;
    const id = setInterval(() => { see(left); if (--left === 0) { clearInterval(id); resolve(); } }, 1);
  })), [3, 2, 1]],
];
