/**
 * The queue of what promises have still to do. The engine's own queue cannot be emptied from inside, so a call that awaits
 * something could never return; this one is emptied by whoever runs the call.
 */

// While the bundle is built the engine does empty its own queue: code at module level may await.
const native = Promise;

/** @type {((() => void) | undefined)[]} */
const jobs = [];
let isEngineDriven = true;

/** @param {() => void} job */
export function enqueue(job) {
  if (jobs.push(job) === 1 && isEngineDriven) native.resolve().then(drain);
}

/** Runs everything in the queue, and what is added meanwhile. */
export function drain() {
  for (let index = 0; index < jobs.length; index++) {
    const job = /** @type {() => void} */ (jobs[index]);
    jobs[index] = undefined;
    job();
  }
  jobs.length = 0;
}

/** From now on only `drain` runs anything. */
export function takeOver() {
  isEngineDriven = false;
}

/** @param {() => void} callback */
export function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
  enqueue(() => {
    try {
      callback();
    } catch (error) {
      // Nobody could catch it: it belongs into the log, and what else waits goes on.
      console.error(error);
    }
  });
}
