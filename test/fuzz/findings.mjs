export const HEAP_LIMIT_MB = 8;
const MAX_EXAMPLES = 5;

export const CHECKS = {
  replay: 'earlier findings stay fixed',
  ran: 'no code of the application ran for a disallowed host that was not reported',
  read: 'the application read allowed hosts only',
  inner: 'no request inside a body was served',
  served: 'no disallowed host got a status below 400 or 100 Continue',
  refused: 'no allowed host was refused',
  filter: 'the filter of the application saw each refusal',
  lost: 'each valid request got a response',
  fault:
    'no status of 500 or above, and no missing response or text of a refusal',
  quiet: 'no unhandled rejection, exception or logged error',
  heap: `the heap after garbage collection grew by at most ${HEAP_LIMIT_MB} MB`,
  handles: 'no connection stayed open, and the process exited by itself',
  useful: 'at least 5 % were served, and at least 5 % were refused',
};

export class Findings {
  #checks;
  /** @type {Map<string, string[]>} */
  #all;

  /** @param checks what each check demands, by its name */
  constructor(checks = CHECKS) {
    this.#checks = checks;
    this.#all = new Map(Object.keys(checks).map((check) => [check, []]));
  }

  add(check, text) {
    this.#all.get(check).push(text);
  }

  /** Prints the findings of each failed check and returns the number of failed checks. */
  print(name) {
    let failed = 0;
    for (const [check, texts] of this.#all) {
      if (texts.length === 0) continue;
      failed++;
      console.log(`FAILED  ${name}: ${this.#checks[check]} (${texts.length})`);
      for (const text of texts.slice(0, MAX_EXAMPLES))
        console.log(`        ${text}`);
    }
    return failed;
  }
}

/** Escapes bytes for the log. */
export const printable = (bytes) =>
  JSON.stringify(bytes.slice(0, 400)).replace(
    /[\x7f-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16)}`,
  );
