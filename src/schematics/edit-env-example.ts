const ENTRY = `# The hosts that the application serves, for instance example.com, .example.org
# loopback stands for localhost and 127.0.0.1: for development and tests
ALLOWED_HOSTS=loopback
`;

/** Adds the variable to a `.env.example`, which may be missing. */
export function editEnvExample(text = ''): string {
  if (/^[ \t]*#?[ \t]*(?:export[ \t]+)?ALLOWED_HOSTS[ \t]*=/m.test(text))
    return text;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : newline;
  const blank = text.trim() === '' ? '' : newline;
  return text + gap + blank + ENTRY.replaceAll('\n', newline);
}
