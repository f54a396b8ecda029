/** Hands out names as ampel.yaml wants them, each once: hosts, services and databases share one set of names. */
export class Names {
  readonly #taken = new Set<string>(["local"]);

  /** `postgresql@15-main` → `postgresql-15-main`; a second one of the same name gets the suffix, then a number. */
  take(wanted: string, suffix = "2"): string {
    const plain =
      wanted
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, "-")
        .replace(/^[^a-z0-9]+|-+$/g, "")
        .slice(0, 50) || "entry";
    let name = plain;
    for (let count = 1; this.#taken.has(name); count += 1) name = count === 1 ? `${plain}-${suffix}` : `${plain}-${suffix}-${count}`;
    this.#taken.add(name);
    return name;
  }
}
