export type TimerFault = { readonly timer: string; readonly unit: string; readonly fault: "absent" | "failed"; readonly result: string };

/**
 * What the lines `T …` (timers) and `S …` (the services they start), both from `systemctl show`, say:
 * timers that are active, faults of what they start, and the programs to look at.
 */
export function parseTimers(printed: string): { count: number; faults: TimerFault[]; programs: { unit: string; program: string }[] } {
  const timers = blocks(printed, "T ").filter((one) => one["ActiveState"] === "active" && one["LoadState"] === "loaded");
  const services = new Map(blocks(printed, "S ").map((one) => [one["Id"] ?? "", one]));
  const faults: TimerFault[] = [];
  const programs: { unit: string; program: string }[] = [];
  for (const timer of timers) {
    const unit = timer["Unit"] ?? "";
    const service = services.get(unit);
    const at = { timer: timer["Id"] ?? "", unit };
    if (service === undefined || service["LoadState"] === "not-found") {
      faults.push({ ...at, fault: "absent", result: "not-found" });
      continue;
    }
    // A unit whose condition was not met did not fail; systemd says "success" for it.
    const result = service["Result"] ?? "success";
    if (result !== "success") faults.push({ ...at, fault: "failed", result: `${result} ${service["ExecMainStatus"] ?? ""}`.trim() });
    const path = /\bpath=(\S+) ;/.exec(service["ExecStart"] ?? "")?.[1];
    if (path !== undefined) programs.push({ unit, program: path });
  }
  return { count: timers.length, faults, programs };
}

function blocks(printed: string, prefix: string): Record<string, string>[] {
  const text = printed
    .split("\n")
    .filter((line) => line.startsWith(prefix.trimEnd()) && (line.startsWith(prefix) || line === prefix.trimEnd()))
    .map((line) => line.slice(prefix.length))
    .join("\n");
  return text
    .split(/\n\n+/)
    .filter((block) => block.trim() !== "")
    .map((block) =>
      Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])),
    );
}
