/** What ran of the application's own code, with the target that it ran for. */
export const ran: string[] = [];

export function note(what: string, request?: { url?: string | undefined }) {
  ran.push(`${what} ${request?.url ?? ''}`);
}
