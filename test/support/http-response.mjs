// Parses HTTP/1.1 responses that a client read as latin1 text. Plain JavaScript, because `npm run fuzz` runs without a
// compiler.

/** See http-response.d.mts. */
export function firstResponse(text, method, ended) {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const status = Number(head.slice(9, 12));
  const from = headEnd + 4;
  const response = (length, body = '') => ({
    status,
    headers: headersOf(head),
    body,
    length,
    interim: status < 200 && status !== 101,
  });
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  if (bodiless || status < 200) return response(from);
  const size = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (size) {
    const end = from + Number(size[1]);
    if (text.length < end) return undefined;
    return response(end, text.slice(from, end));
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const { body, end } = chunks(text, from);
    if (end !== undefined) return response(end, body);
    return ended ? response(text.length, body) : undefined;
  }
  return ended ? response(text.length, text.slice(from)) : undefined;
}

function headersOf(head) {
  const lines = head.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
}

/** The chunks from there on, joined, and where they end if the last one arrived. No server here sends trailers. */
function chunks(text, from) {
  let body = '';
  let at = from;
  while (at < text.length) {
    const line = text.indexOf('\r\n', at);
    const size = line < 0 ? NaN : parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) break;
    const next = line + 2 + size + 2;
    if (size === 0 && next <= text.length) return { body, end: next };
    body += text.slice(line + 2, line + 2 + size);
    at = next;
  }
  return { body, end: undefined };
}
