// Data goes one way: surfaces → capabilities → integrations, store → kernel. Type imports count.
const kernel = "^src/kernel/";
const tests = "\\.test\\.ts$";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "kernel-imports-nothing-of-ours",
      severity: "error",
      from: { path: kernel, pathNot: tests },
      to: { path: "^(src|test|bench)/", pathNot: kernel },
    },
    {
      name: "integrations-stand-on-the-kernel",
      comment: "One file per outside system; none knows a capability.",
      severity: "error",
      from: { path: "^src/integrations/", pathNot: tests },
      to: { path: "^src/", pathNot: "^src/(kernel|integrations)/" },
    },
    {
      name: "store-stands-on-the-kernel",
      comment: "No domain queries in the store: each capability owns its SQL.",
      severity: "error",
      from: { path: "^src/store/", pathNot: tests },
      to: { path: "^src/", pathNot: "^src/(kernel|integrations|store)/" },
    },
    {
      // The self-test of the playbooks reads playbooks; it loads them when it looks, so there is no circle.
      name: "probes-know-no-capability",
      severity: "error",
      from: { path: "^src/probes/", pathNot: [tests, "^src/probes/playbooks[.]ts$"] },
      to: { path: "^src/", pathNot: "^src/(kernel|integrations|store|probes)/" },
    },
    {
      name: "config-knows-probes-only",
      severity: "error",
      from: { path: "^src/config/", pathNot: tests },
      to: { path: "^src/", pathNot: "^src/(kernel|integrations|store|probes|config)/" },
    },
    {
      name: "nobody-imports-a-surface",
      comment: "Command line and daemon are where a process begins; capabilities never call back into them.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(cli|daemon|console)/", "^src/main\\.ts$", tests] },
      to: { path: ["^src/(cli|daemon|console)/", "^src/main\\.ts$"] },
    },
    {
      name: "wiring-is-imported-by-what-runs-it",
      comment: "app.ts knows every capability, so none may know it; the responder drives them all.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(cli|daemon|console|gateway|responder)/", "^src/main\\.ts$", tests] },
      to: { path: "^src/app\\.ts$" },
    },
    {
      name: "the-outside-only-through-integrations",
      comment: "HTTP clients live in integrations; servers in the surfaces that serve; the sandbox plays both.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(integrations|daemon|console|gateway|sandbox)/", tests] },
      to: { path: "^(node:)?(http|https|http2)$" },
    },
    {
      name: "runtime-needs-no-development-package",
      severity: "error",
      from: { path: "^src/", pathNot: tests },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    { name: "shipped-code-imports-no-test", severity: "error", from: { path: "^src/", pathNot: tests }, to: { path: ["^test/", "^bench/", tests] } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: ["^dist/", "^test/fixtures/", "/\\.canary-"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
