// A test without an expectation cannot fail.
beforeEach(() => {
  expect.hasAssertions();
});
