/** The exports of `@patchbay/sdk`: `import { check, build, bundle } from '@patchbay/sdk'`. */

/** An error or a warning about a connector folder. */
export interface Problem {
  severity: 'error' | 'warning';
  /** Relative to the connector folder. */
  file: string;
  /** From 1, where it is known. */
  line?: number;
  /** The problem. */
  what: string;
  /** How to solve it. */
  remedy: string;
}

/** A bundle that was written. */
export interface Bundle {
  /** The path of the file. */
  path: string;
  /** Its size in bytes. */
  size: number;
  /** Its identity, in hexadecimal. */
  sha256: string;
  /** The manifest inside. */
  manifest: any;
  /** Warnings, which did not prevent the build. */
  warnings: Problem[];
}

/** Lists the problems of a connector folder. Runs none of its code. */
export function check(folder: string): Promise<Problem[]>;

/** Turns a connector folder into a bundle. Rejects with a {@link CheckError} if the folder has mistakes. */
export function build(
  folder: string,
  options?: {
    /** The path of the bundle. Default: `<folder>/dist/<key>.wasm`. */
    output?: string;
    /** The JavaScript engine: `starlingmonkey` or `quickjs`. Default: the engine in `spec.yml`. */
    engine?: string;
    /** Called at the start of each step, and about once a second during the long one, with its duration. */
    onProgress?: (step: string, elapsedMs: number) => void;
  },
): Promise<Bundle & { /** Its JavaScript engine. */ engine: string }>;

/** Loads an engine's tool ahead of the next build. */
export function prepareNextBuild(engine: string): Promise<void>;

/** Joins a connector folder with a component built by other tools. The default of `output` is that of {@link build}. */
export function bundle(folder: string, options: { component: string; output?: string }): Promise<Bundle>;

/** The folder has mistakes; nothing was built. */
export class CheckError extends Error {
  problems: Problem[];
}
