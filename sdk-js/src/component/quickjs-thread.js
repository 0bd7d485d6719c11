/**
 * The thread in which a connector's code is loaded: gets the engine's module, then files, and answers with the memory.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { memoryAfterLoading } from './quickjs-engine.js';

parentPort?.once('message', ({ files, main }) => parentPort?.postMessage(memoryAfterLoading(workerData, files, main)));
