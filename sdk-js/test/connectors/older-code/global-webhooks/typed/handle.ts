import type { Body } from './body'
import { pong } from './body'

const handle = async ({ data }: { data: Body }): Promise<{ response: { data: string } }> => ({ response: { data: pong(data) } })
export { handle as default }
