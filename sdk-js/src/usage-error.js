/**
 * Invalid command line arguments. The program exits with status 2.
 */
export class UsageError extends Error {}
