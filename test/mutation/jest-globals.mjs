/** What tests import from `@jest/globals`, which Jest replaces too. */
export const {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
  test,
} = globalThis;
