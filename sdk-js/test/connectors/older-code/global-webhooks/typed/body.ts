export interface Body { ping: string }
export const pong = (body: Body): string => body.ping satisfies string
