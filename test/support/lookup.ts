/** A lookup whose results the test decides. */
export function lookupOf(tenants: Set<string>) {
  const calls: string[] = [];
  const state = { broken: false, hold: undefined as Promise<void> | undefined };
  const find = async (hostname: string) => {
    calls.push(hostname);
    await state.hold;
    if (state.broken) throw new Error('the database is gone');
    return tenants.has(hostname);
  };
  return { calls, state, find };
}
