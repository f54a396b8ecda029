import { stringify } from "yaml";

/** A company of the sandbox: 8 of them with 15 branches, 25 people and 17 services, the size reported for June 2025. */
export type SeedCompany = {
  readonly id: string;
  readonly name: string;
  readonly city: keyof typeof cities;
  readonly branches: readonly string[];
  /** Name and minutes; a slot is an hour, so that none runs into the next. */
  readonly services: readonly (readonly [name: string, minutes: number])[];
  readonly staff: readonly string[];
  readonly hours: string;
  /** Share of the day's calls. */
  readonly weight: number;
};

/** Number ranges that nobody ever gets, kept free for films by the Bundesnetzagentur: a test can never ring a stranger up. */
const cities = {
  berlin: "+493023125",
  hamburg: "+494066969",
  frankfurt: "+496990009",
  koeln: "+492214710",
  muenchen: "+498999998",
} as const;
const mobileRange = "+4917604069";

export const seedCompanyList: readonly SeedCompany[] = [
  {
    id: "salon-linde",
    name: "Salon Linde",
    city: "berlin",
    branches: ["mitte", "pankow", "spandau"],
    services: [
      ["Haarschnitt", 30],
      ["Färben", 60],
      ["Bartpflege", 20],
    ],
    staff: ["Mia", "Ben", "Lea", "Tom", "Eda"],
    hours: "di-fr 09:00-18:00, sa 09:00-15:00",
    weight: 5,
  },
  {
    id: "zahnarzt-am-markt",
    name: "Zahnarztpraxis am Markt",
    city: "hamburg",
    branches: ["altona", "eppendorf"],
    services: [
      ["Kontrolle", 30],
      ["Zahnreinigung", 60],
      ["Beratung", 20],
    ],
    staff: ["Ada", "Jan", "Ute", "Kai"],
    hours: "mo-do 09:00-18:00, fr 09:00-14:00",
    weight: 4,
  },
  {
    id: "physio-nord",
    name: "Physio Nord",
    city: "hamburg",
    branches: ["barmbek", "wandsbek"],
    services: [
      ["Krankengymnastik", 30],
      ["Massage", 40],
    ],
    staff: ["Nora", "Ole", "Pia"],
    hours: "mo-fr 09:00-19:00",
    weight: 3,
  },
  {
    id: "kfz-brandt",
    name: "Kfz-Werkstatt Brandt",
    city: "frankfurt",
    branches: ["gallus", "hoechst"],
    services: [
      ["Inspektion", 60],
      ["Reifenwechsel", 45],
    ],
    staff: ["Rolf", "Sami", "Timo"],
    hours: "mo-fr 09:00-17:00",
    weight: 2,
  },
  {
    id: "kosmetik-elle",
    name: "Kosmetik Elle",
    city: "koeln",
    branches: ["ehrenfeld", "deutz"],
    services: [
      ["Gesichtsbehandlung", 60],
      ["Maniküre", 45],
    ],
    staff: ["Vera", "Wanda", "Yara"],
    hours: "mo-sa 09:00-18:00",
    weight: 2,
  },
  {
    id: "tierarzt-wald",
    name: "Tierarztpraxis Wald",
    city: "muenchen",
    branches: ["sendling", "laim"],
    services: [
      ["Sprechstunde", 20],
      ["Impfung", 20],
    ],
    staff: ["Zoe", "Anton", "Birte"],
    hours: "mo-fr 09:00-12:00 13:00-18:00",
    weight: 2,
  },
  {
    id: "optik-hell",
    name: "Optik Hell",
    city: "muenchen",
    branches: ["giesing"],
    services: [
      ["Sehtest", 30],
      ["Linsenberatung", 45],
    ],
    staff: ["Carl", "Dora"],
    hours: "mo-fr 09:00-18:00",
    weight: 1,
  },
  {
    id: "steuer-kranz",
    name: "Steuerberatung Kranz",
    city: "berlin",
    branches: ["zehlendorf"],
    services: [["Erstgespräch", 60]],
    staff: ["Emil", "Frida"],
    hours: "mo-do 09:00-17:00",
    weight: 1,
  },
];

export const customersPerCompany = 24;

const givenNames = ["Anna", "Bernd", "Carla", "David", "Elif", "Fritz", "Greta", "Hasan", "Ines", "Jonas", "Karin", "Lars"] as const;
const familyNames = ["Beispiel", "Muster", "Probe", "Versuch"] as const;

export function agentOf({ id }: SeedCompany): string {
  return `agent_${id.replaceAll("-", "_")}`;
}

export function numberOf({ city, id }: SeedCompany, branch: number): string {
  // Two companies may share a city: each has ten numbers of its range.
  const place = seedCompanyList.filter((company) => company.city === city).findIndex((company) => company.id === id);
  return `${cities[city]}${String(100 + place * 10 + branch)}`;
}

export function mobileOf(companyIndex: number, customer: number): string {
  return `${mobileRange}${String(companyIndex * 100 + customer).padStart(3, "0")}`;
}

export function customerName(customer: number): string {
  return `${givenNames[customer % givenNames.length]} ${familyNames[Math.floor(customer / givenNames.length) % familyNames.length]}`;
}

export function eventTypeOf(companyIndex: number, service: number): number {
  return 1001 + companyIndex * 10 + service;
}

/** The companies as a file that `company:import` takes; also a model to write one's own from. */
export function seedYaml(webhookUrl: string): string {
  const companies = seedCompanyList.map((company, index) => {
    const { id, name, branches, hours, services, staff } = company;
    const people = staff.map(
      (person, place) =>
        [slug(person), { name: person, branch: branches[place % branches.length], calcomUser: 500 + index * 10 + place }] as const,
    );
    const entry = {
      name,
      calcomTeam: 10 + index,
      branches: Object.fromEntries(branches.map((branch) => [branch, { name: `${name} ${capital(branch)}`, openingHours: hours }])),
      agents: { [agentOf(company)]: { name: `Empfang ${name}`, version: 1, webhookUrl } },
      numbers: Object.fromEntries(
        branches.map((branch, place) => [numberOf(company, place), { branch, agent: agentOf(company), agentVersion: 1 }]),
      ),
      staff: Object.fromEntries(people),
      services: Object.fromEntries(
        services.map(([service, minutes], place) => [
          slug(service),
          { name: service, minutes, calcomEventType: eventTypeOf(index, place), staff: people.map(([person]) => person) },
        ]),
      ),
      customers: Object.fromEntries(
        Array.from({ length: customersPerCompany }, (_, customer) => [
          `k${customer + 1}`,
          { name: customerName(customer), phone: mobileOf(index, customer) },
        ]),
      ),
    };
    return [id, entry] as const;
  });
  return stringify({ companies: Object.fromEntries(companies) }, { defaultStringType: "PLAIN", defaultKeyType: "PLAIN" });
}

export function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("ä", "ae")
    .replaceAll("ö", "oe")
    .replaceAll("ü", "ue")
    .replaceAll("ß", "ss")
    .replace(/[^a-z0-9]+/g, "-");
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`.replace("oe", "ö");
}
