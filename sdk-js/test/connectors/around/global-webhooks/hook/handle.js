import { shout } from 'a-package'
import { small } from '../../lib/small.js'

export default function ({ data }) {
  return { response: { data: shout(small(data)) } }
}
