/** `node:assert`: the browserify package. */
export { default } from 'assert/';
