export interface ParsedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How many characters of the text it takes. */
  readonly length: number;
  /** A 1xx response: another one follows. */
  readonly interim: boolean;
}

/**
 * The first response in a text.
 *
 * @param text what arrived, as latin1
 * @param method the method of the request: the response to HEAD has no body
 * @param ended whether the server closed the connection
 * @returns `undefined` while the response is incomplete
 */
export function firstResponse(
  text: string,
  method: string,
  ended: boolean,
): ParsedResponse | undefined;
