/**
 * Three suites: `unit` is the default test command, `e2e` drives terraform with the real providers against the
 * emulator, `guests` configures real LXC guests.
 */
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      'ts-jest',
      { tsconfig: { ...require('./tsconfig.json').compilerOptions, sourceMap: true } },
    ],
  },
  // The workspaces are tested as they stand in the source, not as their last bundle.
  moduleNameMapper: { '^(proxmox-emulator)$': '<rootDir>/packages/$1/src' },
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/packages/[^/]+/dist/',
    '<rootDir>/cdktf.out/',
    '<rootDir>/__tests__/support/fixtures/',
  ],
};

/** @type {import('jest').Config} */
module.exports = {
  testTimeout: 30_000,
  // What test.concurrent runs at once: each runs terraform and its providers.
  maxConcurrency: 3,
  reporters: ['default', '<rootDir>/__tests__/support/summary-reporter.js'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{,packages/*/}__tests__/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/__tests__/(e2e|guests)/'],
    },
    ...['e2e', 'guests'].map((name) => ({
      ...shared,
      displayName: name,
      testMatch: [`<rootDir>/__tests__/${name}/**/*.test.ts`],
    })),
  ],
};
