const project = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  setupFilesAfterEnv: ['<rootDir>/test/support/require-expectations.ts'],
  modulePathIgnorePatterns: ['<rootDir>/test/consumers/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.+)\\.js$': '$1' },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
};

export default {
  // No test measures time: a test waits for conditions, on a busy machine longer than on an idle one.
  testTimeout: 300_000,
  maxWorkers: '100%',
  // Jest does not free the ES modules of a finished file: a worker that holds too many of them is replaced.
  workerIdleMemoryLimit: '1GB',
  projects: [
    {
      ...project,
      displayName: 'nest 12',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      globals: { NEST_MAJOR: 12 },
    },
    {
      ...project,
      displayName: 'nest 11',
      testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'],
      globals: { NEST_MAJOR: 11 },
      resolver: '<rootDir>/test/nest-11/resolver.cjs',
    },
  ],
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
  coverageThreshold: { global: { lines: 90 } },
};
