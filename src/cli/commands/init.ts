import { resolve } from "node:path";
import { openHost } from "../../integrations/host.ts";
import { printProblem } from "../../config/problem.ts";
import { inspectMachine, writeProposal } from "../../init/init.ts";
import { writeConfigText } from "../../init/write-config.ts";
import { message } from "../../kernel/message.ts";
import { done, type Command } from "../command.ts";

/** Looks at this machine and writes a configuration that watches what it found. Reads names, never secrets. */
export const init: Command = {
  words: [],
  options: { output: { value: "FILE", what: message("option.output") }, ssh: { value: "USER@HOST", what: message("option.ssh") } },
  needsConfig: false,
  async run({ values, isDryRun, screen, signal }) {
    const target = values.get("ssh");
    const remote = target === undefined ? undefined : { name: "server", target };
    const facts = await inspectMachine({
      host: openHost(remote?.name ?? "local", target === undefined ? { via: "local" } : { via: "ssh", target }),
      signal,
    });
    if (isDryRun) return done({ isDryRun, text: writeConfigText(facts, remote) }, [writeConfigText(facts, remote).trimEnd()]);
    const written = await writeProposal(facts, resolve(values.get("output") ?? "ampel.yaml"), signal, remote);
    return done({ file: written.file, isBeside: written.isBeside, findings: written.findings.length }, [
      written.isBeside ? message("init.beside", { file: written.file }) : message("init.written", { file: written.file }),
      ...written.findings.map((finding) => `${screen.style("!", "warn")} ${printProblem(finding, screen.language)}`),
      message("init.next", { file: written.file }),
    ]);
  },
};
