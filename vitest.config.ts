import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Two cores and real servers: more workers only make each other late.
    maxWorkers: 2,
    // Real servers and real seconds on two noisy cores: what fails once and passes again is named in the report as retried.
    retry: 2,
  },
});
