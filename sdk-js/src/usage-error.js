/**
 * A command line that cannot be understood. Ends the program with status 2.
 */
export class UsageError extends Error {}
