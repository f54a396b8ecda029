import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { DirectoryContent } from "./directory.ts";

const spanSchema = z.object({ from: z.string(), to: z.string() });
const openingHoursSchema = z.partialRecord(z.enum(["1", "2", "3", "4", "5", "6", "7"]), z.array(spanSchema));

const fileSchema = z.object({
  format: z.literal(1),
  asOf: z.number(),
  companies: z.array(
    z.object({
      companyId: z.string(),
      name: z.string(),
      isActive: z.boolean(),
      timeZone: z.string(),
      language: z.string(),
      retellKey: z.string().exactOptional(),
      calcomKey: z.string().exactOptional(),
      calcomTeamId: z.number().exactOptional(),
      branches: z.array(
        z.object({
          branchId: z.string(),
          name: z.string(),
          isActive: z.boolean(),
          openingHours: openingHoursSchema,
          emergencyNumber: z.string().exactOptional(),
        }),
      ),
      services: z.array(
        z.object({
          serviceId: z.string(),
          branchId: z.string().exactOptional(),
          name: z.string(),
          durationMinutes: z.number(),
          calcomEventTypeId: z.number().exactOptional(),
          isActive: z.boolean(),
        }),
      ),
    }),
  ),
  agents: z.array(
    z.object({
      companyId: z.string(),
      agentId: z.string(),
      version: z.number().exactOptional(),
      webhookUrl: z.string().exactOptional(),
    }),
  ),
  numbers: z.array(
    z.object({
      number: z.string(),
      companyId: z.string(),
      branchId: z.string(),
      agentId: z.string().exactOptional(),
      agentVersion: z.number().exactOptional(),
      carrierSid: z.string().exactOptional(),
      isActive: z.boolean(),
    }),
  ),
});

/** The directory as it was last saved; `undefined` when there is no file. @throws when the file is there and not readable as one */
export async function loadDirectoryFile(file: string): Promise<DirectoryContent | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const { asOf, companies, agents, numbers } = fileSchema.parse(JSON.parse(text));
  return { asOf, companies, agents, numbers };
}

/** Written beside, flushed, renamed: whoever reads sees the old directory or the new one, also after a power cut. */
export async function saveDirectoryFile(file: string, content: DirectoryContent): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  try {
    const handle = await open(draft, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify({ format: 1, ...content }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
