/** What the static files of the application contain. */
export const FILE = 'a static file';

/** They are served on these paths, on which routes with a rule are too. */
export const FILES = ['/any/7', '/files/a/b.txt'];

/** Whether a target is that of a file, spelled exactly. */
export const isFile = (target = '') => FILES.includes(target.split('?')[0]);

/** Whether a target may be that of a file: Express decodes it. */
export const mayBeFile = (target = '') =>
  isFile(target) || target.includes('%');
