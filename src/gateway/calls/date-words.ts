// The closed set of words in which people name days and hours. German first, English for companies that speak it.

/** 1 = Monday … 7 = Sunday (ISO 8601). */
export const weekdayWords: Readonly<Record<string, number>> = {
  montag: 1,
  dienstag: 2,
  mittwoch: 3,
  donnerstag: 4,
  freitag: 5,
  samstag: 6,
  sonnabend: 6,
  sonntag: 7,
  monday: 1,
  tuesday: 2,
  wednesday: 3,
  thursday: 4,
  friday: 5,
  saturday: 6,
  sunday: 7,
};

export const monthWords: Readonly<Record<string, number>> = {
  januar: 1,
  jänner: 1,
  january: 1,
  februar: 2,
  feber: 2,
  february: 2,
  märz: 3,
  maerz: 3,
  march: 3,
  april: 4,
  mai: 5,
  may: 5,
  juni: 6,
  juno: 6,
  june: 6,
  juli: 7,
  july: 7,
  august: 8,
  september: 9,
  oktober: 10,
  october: 10,
  november: 11,
  dezember: 12,
  december: 12,
};

const germanNumbers =
  "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig".split(
    " ",
  );
const englishNumbers =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(
    " ",
  );
const oneWords = ["eins", "eine", "einem", "einen", "einer"];
const ordinalStems: Readonly<Record<number, string>> = { 1: "erst", 3: "dritt", 7: "siebt", 8: "acht" };

const numberByWord = new Map<string, number>([
  ...germanNumbers.map((word, value): [string, number] => [word, value]),
  ...Array.from({ length: 9 }, (_, unit): [string, number] => [`${germanNumbers[unit + 1]}undzwanzig`, 21 + unit]),
  ["dreißig", 30],
  ["dreissig", 30],
  ["einunddreißig", 31],
  ["fünfundvierzig", 45],
  ["fünfzig", 50],
  ["vierzig", 40],
  ...englishNumbers.map((word, value): [string, number] => [word, value]),
  ["thirty", 30],
  ["forty-five", 45],
  ["a", 1],
  ...oneWords.map((word): [string, number] => [word, 1]),
]);

const ordinalByWord = new Map<string, number>(
  Array.from({ length: 31 }, (_, index) => index + 1).flatMap((day) => {
    const plain = [...numberByWord].find(([, value]) => value === day)?.[0] ?? "";
    const stem = ordinalStems[day] ?? (day < 20 ? `${plain}t` : `${plain}st`);
    return ["e", "en", "er", "em"].map((ending): [string, number] => [stem + ending, day]);
  }),
);

/** Lower case, single blanks, "fünfzehnten" as "15.", "zwei" as "2"; nothing else is changed. */
export function withDigits(text: string): string {
  return text
    .toLowerCase()
    .normalize("NFC")
    .replace(/[,;!?]/g, " ")
    .replace(/[\p{L}-]+/gu, (word) => {
      const ordinal = ordinalByWord.get(word);
      if (ordinal !== undefined) return `${ordinal}.`;
      const number = numberByWord.get(word);
      return number === undefined ? word : String(number);
    })
    .replace(/(\d)(?:st|nd|rd|th)\b/g, "$1.")
    .replace(/\s+/g, " ")
    .trim();
}
