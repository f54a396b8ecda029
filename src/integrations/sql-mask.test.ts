import fc from "fast-check";
import { expect, test } from "vitest";
import { maskStatement } from "./sql-mask.ts";

const cases: ["mariadb" | "postgres", string, string][] = [
  ["mariadb", "UPDATE calls SET caller = '+49 30 555' WHERE id = 17", "UPDATE calls SET caller = ? WHERE id = ?"],
  ["mariadb", 'SELECT * FROM customers WHERE name = "O\'Hara"', "SELECT * FROM customers WHERE name = ?"],
  ["postgres", `SELECT "Name" FROM "Customers" WHERE "Name" = 'O''Hara'`, `SELECT "Name" FROM "Customers" WHERE "Name" = ?`],
  ["postgres", "SELECT $body$ secret $body$, $1, E'a\\'b', x'ff'", "SELECT ?, $1, ?, ?"],
  ["mariadb", "SELECT 1 /* caller +49 30 */ -- anna\nFROM t1", "SELECT ? FROM t1"],
  ["mariadb", "INSERT INTO t VALUES ('cut off in the mid", "INSERT INTO t VALUES (?"],
  ["postgres", String.raw`SELECT 'C:\', caller FROM calls WHERE caller = 'geheim'`, "SELECT ?, caller FROM calls WHERE caller = ?"],
  ["mariadb", String.raw`SELECT 'it\'s', "a 'quoted' word", 'x"y', "geheim"`, "SELECT ?, ?, ?, ?"],
  ["mariadb", "SELECT 0xdeadbeef, -1.5e3, `col2`", "SELECT ?, ?, `col2`"],
];
test.each(cases)("%s: %s", (engine, statement, masked) => {
  expect(maskStatement(statement, engine)).toBe(masked);
});

test("law: what stands in quotes never shows, whatever it is and wherever it is cut", () => {
  const engine = fc.constantFrom("mariadb" as const, "postgres" as const);
  const text = fc.array(fc.constantFrom("'", '"', "\\", "--", "#", "/*", "$$", " ", "q", "7"), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, engine, fc.nat(), (first, second, speaks, cut) => {
      const quote = (parts: readonly string[]): string => {
        const value = `geheim${parts.join("geheim")}geheim`.replaceAll("'", "''");
        return `'${speaks === "mariadb" ? value.replaceAll("\\", "\\\\") : value}'`;
      };
      const statement = `SELECT * FROM calls WHERE caller = ${quote(first)} AND name = ${quote(second)} AND id > 3`;
      expect(maskStatement(statement, speaks)).toBe("SELECT * FROM calls WHERE caller = ? AND name = ? AND id > ?");
      expect(maskStatement(statement.slice(0, cut % statement.length), speaks)).not.toContain("geheim");
    }),
    { numRuns: 1000 },
  );
});

test("a long statement is cut", () => {
  expect(maskStatement(`SELECT ${"a, ".repeat(1000)}`, "mariadb").length).toBeLessThan(202);
});
