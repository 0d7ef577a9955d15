/**
 * The states in which a request may find the list and the lookup: one if nothing changes, each otherwise. A request sees
 * the old list or the new one, so whether it passes is decided in each state by itself.
 */
export function worldsOf({ slow, changing }, isSettled) {
  if (!changing) return [{ slow }];
  const all = ['A', 'B'].flatMap((list) =>
    [true, false].map((flipped) => ({ slow, changing, list, flipped })),
  );
  return isSettled ? [all[0]] : all;
}
