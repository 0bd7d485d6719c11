/** What `import { check, build, bundle } from '@patchbay/sdk'` gives. */

/** A mistake (`error`) or a doubt (`warning`) about a connector folder. */
export interface Problem {
  severity: 'error' | 'warning';
  /** Relative to the connector folder. */
  file: string;
  /** From 1, where it is known. */
  line?: number;
  /** What is wrong. */
  what: string;
  /** What to do about it. */
  remedy: string;
}

/** A bundle that was written. */
export interface Bundle {
  /** Where it is. */
  path: string;
  /** Its size in bytes. */
  size: number;
  /** Its identity, in hexadecimal. */
  sha256: string;
  /** The manifest inside. */
  manifest: any;
  /** Doubts that did not stand in the way. */
  warnings: Problem[];
}

/** Lists what is wrong with a connector folder. Runs none of its code. */
export function check(folder: string): Promise<Problem[]>;

/** Turns a connector folder into a bundle. Rejects with a {@link CheckError} if the folder has mistakes. */
export function build(
  folder: string,
  options?: {
    /** Where the bundle goes; `<folder>/dist/<key>.wasm` if left out. */
    output?: string;
    /** What runs the JavaScript: `starlingmonkey` or `quickjs`. What `spec.yml` says if left out. */
    engine?: string;
    /** Told which step runs, and about once a second for how long the long one has been running. */
    onProgress?: (step: string, elapsedMs: number) => void;
  },
): Promise<Bundle & { /** What runs its JavaScript. */ engine: string }>;

/** Loads an engine's tool ahead, for a build that is sure to come. */
export function prepareNextBuild(engine: string): Promise<void>;

/** Joins a connector folder with a component built elsewhere. Without `output` it goes where {@link build} puts it. */
export function bundle(folder: string, options: { component: string; output?: string }): Promise<Bundle>;

/** The folder has mistakes; nothing was built. */
export class CheckError extends Error {
  problems: Problem[];
}
