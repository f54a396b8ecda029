import { printInfo, readInfo } from "./attributes.ts";
import { readDocument } from "./document.ts";

/**
 * The text with every readable info string in the one form all editors write (JSON, keys A-Z, string values).
 * Nothing else is touched, and nothing is lost: an info string it cannot read stays as it is. Running it twice changes nothing.
 */
export function formatPlaybook(text: string, path = ""): string {
  let formatted = "";
  let copiedTo = 0;
  for (const fence of readDocument(text, path).fences) {
    const info = readInfo(fence.info);
    const isClear = info.flaws.every((flaw) => flaw === "spacing" || flaw === "pairs" || flaw === "not-a-string");
    if (fence.isNested || !isClear || (info.form !== "json" && info.form !== "pairs")) continue;
    formatted += text.slice(copiedTo, fence.infoStart) + printInfo(info.language, info.attributes);
    copiedTo = fence.infoEnd;
  }
  return formatted + text.slice(copiedTo);
}
