/** The application's code that ran, with the target of the request. */
export const ran: string[] = [];

export function note(what: string, request?: { url?: string | undefined }) {
  ran.push(`${what} ${request?.url ?? ''}`);
}
