/**
 * Says what a request is about: a project, and the groups that the project is in; or a group itself. Pure.
 * Never makes a selector of anything but a positive number or a path of GitLab.
 */
import { isPath } from '../../lib/path.js'

const KIND = /^[a-z][a-z_]{0,49}$/

/** The selectors of a request, the one that is nearest to its origin first; none if it names nothing. */
export function selectorsOf(body) {
  const project = idOf(body.project?.id ?? body.project_id)
  if (project !== undefined) {
    const kind = kindOf(body)
    const ofKind = kind === undefined ? [] : [`project:${project}:${kind}`]
    return [`project:${project}`, ...ofKind, ...groupsAbove(body).map((path) => `group-path:${path}`)]
  }
  // Of a subgroup that was made or removed, the group above it is told.
  const groups = [body.parent_group_id, body.group_id, body.group?.group_id].map(idOf)
  return [...new Set(groups)].filter((id) => id !== undefined).map((id) => `group:${id}`)
}

/** What happened: `push`, `merge_request`, `user_add_to_group` … */
export function kindOf({ object_kind, event_name }) {
  const kind = object_kind ?? event_name
  return typeof kind === 'string' && KIND.test(kind) ? kind : undefined
}

/** The full paths of all groups that a project is in: of `acme/tools/widgets` they are `acme` and `acme/tools`. */
function groupsAbove(body) {
  const path = body.project?.path_with_namespace ?? body.path_with_namespace
  if (!isPath(path)) return []
  const names = path.toLowerCase().split('/')
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'))
}

function idOf(id) {
  return Number.isSafeInteger(id) && id > 0 ? id : undefined
}
