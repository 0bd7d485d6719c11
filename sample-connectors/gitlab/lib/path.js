/**
 * The paths of GitLab's projects and groups, for the webhook and for the events alike.
 * Never lets a colon through, which ends a part of a selector.
 */

const PATH = /^[A-Za-z0-9_][\w.-]{0,254}(\/[\w.-]{1,255}){0,21}$/
// A selector has a limit; no group of GitLab comes near it.
const LENGTH_MAX = 480

export function isPath(path) {
  return typeof path === 'string' && path.length <= LENGTH_MAX && PATH.test(path)
}
